import { parseArgs } from 'node:util';
import { SetupError } from '../setup/steps.mjs';

export const HELP = `npm run quickstart [-- OPTIONS]

Sets up what is missing, starts Sidescan on this machine, scans one container, and serves until Ctrl-C.

  --once         stop after that scan; exit 0 only if it completed
  --image REF    scan this image instead of the example
  --port N       where the API listens (default: PORT, or 3000)

Everything else is configured by the environment, as in the README. What it makes is kept in
.sidescan/, or in the folder of SIDESCAN_DATA.`;

/** Reads the command line; throws SetupError with the help for anything unknown. */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        once: { type: 'boolean', default: false },
        image: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = Number(values.port ?? process.env.PORT ?? 3000);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error('the port has to be a number from 1 to 65535');
    return { ...values, port, host: process.env.HOST || '127.0.0.1' };
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${HELP}`);
  }
}
