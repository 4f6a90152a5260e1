// The services that tests need, until Ctrl-C: for running vitest by hand. `npm test` starts its own.
import { dependencies } from './setup/dependencies.mjs';
import { fail, step } from './setup/steps.mjs';
import { startTestServices } from './setup/test-services.mjs';

const ended = new Promise((resolve) => {
  process.on('SIGINT', resolve);
  process.on('SIGTERM', resolve);
});

try {
  await step('dependencies', dependencies);
  const services = await startTestServices();
  console.log(
    `\n${Object.entries(services.env)
      .map(([name, value]) => `export ${name}=${value}`)
      .join('\n')}\n\nCtrl-C stops them.`,
  );
  await ended;
  await services.stop();
} catch (error) {
  fail(error);
}
process.exit();
