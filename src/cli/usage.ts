/** A command line that cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {}

export const COMMANDS = ['scan', 'report', 'evaluate', 'summary'] as const;
export type CommandName = (typeof COMMANDS)[number];

const SYNOPSES: Readonly<Record<CommandName, string>> = {
  scan: `sidescan scan --image REF (--profile NAME[@VERSION] | --config-map NAME | --digest SHA256)
              [-T FILE | -I TEXT | --threshold-name NAME] [--wait] [--format table|json|junit] [OPTIONS]`,
  report: 'sidescan report SCAN [--format json|csv|junit|sarif|html|markdown] [-o FILE]',
  evaluate: 'sidescan evaluate REPORT… (-T FILE | -I TEXT) [--format table|json|junit] [--mode strict|saf]',
  summary: 'sidescan summary REPORT… [--format table|json|yaml|markdown] [--mode strict|saf]',
};

const THRESHOLD = `  -T, --threshold FILE   the threshold, YAML or JSON
  -I, --inline TEXT      the threshold on the command line, such as "{compliance.min: 80}, {failed.critical.max: 0}"
`;
const REPORT = 'REPORT is a report of CINC Auditor or InSpec ("--reporter json"); "-" reads it from standard input.\n';
const MODE = `  -m, --mode MODE        strict (default), or saf: what the MITRE SAF CLI would say
`;
const SERVER = `
The server:

  --url URL              where it is (default: SIDESCAN_URL)
  --key-file FILE        a file that holds the API key and nothing else (default: the key in SIDESCAN_API_KEY)
  --retry-for SECONDS    how long a lost connection is tried again (default: 120)
`;

const DETAILS: Readonly<Record<CommandName, string>> = {
  scan: `Has a server scan an image. With --wait, exits by the verdict.

  --image REF            the image to scan
  --profile NAME[@VERSION]   a profile that the server has; without a version, the newest
  --config-map NAME      a profile in a ConfigMap of the namespace of the scan pods
  --digest SHA256        a profile by the digest of its archive

${THRESHOLD}  --threshold-name NAME  a threshold that the server keeps
  --wait                 wait for the end and exit by the verdict; Ctrl-C cancels the scan
  -f, --format FORMAT    what to print: table (default), json (the scan), junit (a case for every bound)

  --input NAME=VALUE     an input of the profile; may be given again
  --input-file FILE      inputs by name, YAML or JSON; may be given again
  --sensitive-input-file FILE   the same for secrets, which are kept encrypted and never shown
  --waiver-file FILE     waivers by control id, as the auditor takes them; may be given again
  --label KEY=VALUE      a mark to find the scan by; may be given again
  --timeout SECONDS      after which the scan fails
  --pull-secret NAME     the Secret to pull the image with
  --security-mode MODE   general, baseline or restricted
  --allow PROGRAM        a program of the image that the profile may run; may be given again
${SERVER}
Exit code: 0 passed, 1 failed, 2 error. A scan that failed, was canceled, was refused, or whose end is not known is an
error. Without --wait, 0 says that the scan was accepted; without a threshold, that there is a report.
`,
  report: `Writes the report of a scan: as the auditor wrote it (json), or made of that.

  -f, --format FORMAT    json (default), csv, junit, sarif, html or markdown
  -o, --output FILE      where to write it (default: standard output); it appears when it is whole
${SERVER}
Exit code: 0 written, 2 error.
`,
  evaluate: `Holds reports against a threshold, each by itself; asks no server.
${REPORT}
${THRESHOLD}  -f, --format FORMAT    table (default), json or junit
${MODE}
Exit code: 0 all passed, 1 one failed, 2 error. A report or threshold that cannot be read is always an error.
`,
  summary: `Counts the controls of reports, by profile; asks no server.
${REPORT}
  -f, --format FORMAT    table (default), json, yaml or markdown
${MODE}
Exit code: 0 counted, 2 a report cannot be read.
`,
};

const OVERVIEW = `sidescan: compliance scans of containers, and verdicts on their reports

  sidescan scan       have a server scan an image, and exit by the verdict
  sidescan report     the report of a scan, in any format
  sidescan evaluate   hold reports against a threshold, without a server
  sidescan summary    count the controls of reports, without a server
  sidescan --version

"sidescan COMMAND --help" tells its options. Exit code: 0 passed, 1 failed, 2 error, and nothing else.
`;

export function isCommandName(text: string | undefined): text is CommandName {
  return COMMANDS.some((name) => name === text);
}

/** What the program, or one command of it, does and takes. */
export function help(about: CommandName | null): string {
  return about === null ? OVERVIEW : `Usage: ${SYNOPSES[about]}\n\n${DETAILS[about]}`;
}

/** What is shown below the message of a UsageError: short, so that the message is seen. */
export function hint(name: string | undefined): string {
  if (!isCommandName(name)) return `Commands: ${COMMANDS.join(', ')}. "sidescan --help" tells what they do.\n`;
  return `Usage: ${SYNOPSES[name]}\n"sidescan ${name} --help" tells its options.\n`;
}
