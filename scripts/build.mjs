import { dependencies } from './setup/dependencies.mjs';
import { fail, step } from './setup/steps.mjs';

await step('build', dependencies).catch(fail);
