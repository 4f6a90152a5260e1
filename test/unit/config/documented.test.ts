import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CONFIG = new URL('../../../src/config/', import.meta.url);
const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const sources = readdirSync(CONFIG).map((file) => readFileSync(new URL(file, CONFIG), 'utf8'));
const names = sources.flatMap((text) => text.match(/'(?:SIDESCAN|AWS)_[A-Z_]+'|'(?:DATABASE|REDIS)_URL'/g) ?? []);
const variables = [...new Set(names.map((name) => name.slice(1, -1)))];

describe('the README', () => {
  it.each(variables)('says what %s is', (variable) => {
    expect(README.includes(`\`${variable}\``), variable).toBe(true);
  });

  it('is held against every variable', () => {
    expect(variables.length).toBeGreaterThan(20);
  });
});
