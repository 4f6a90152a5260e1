import { defineConfig } from 'vitest/config';

// A test file gets its own process (`forks`): tests start servers and workers, which must end with their file.
const common = { pool: 'forks' as const, globals: false, restoreMocks: true };

export default defineConfig({
  test: {
    ...common,
    // Two cores have to be enough: the services that the tests talk to run on the same machine.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          ...common,
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/support/template-database.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/template-database.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.ts', 'test/contract/**/*.e2e.ts'],
          globalSetup: ['test/support/template-database.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // One file after the other: they share the cluster's room and count its pods.
          fileParallelism: false,
        },
      },
    ],
  },
});
