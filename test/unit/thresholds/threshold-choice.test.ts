import { describe, expect, it } from 'vitest';
import { isThresholdName, thresholdChoice } from '../../../src/thresholds/threshold-choice.js';

describe('the name of a threshold', () => {
  it.each(['a', 'production', 'Team-1_prod.v2', 'a'.repeat(63)])('%s is one', (name) => {
    expect(isThresholdName(name)).toBe(true);
  });

  it.each(['', '-a', 'a-', '.', 'a b', 'a:b', 'a/b', 'ä', 'a\n', '{a}', 'a'.repeat(64)])('%j is none', (name) => {
    expect(isThresholdName(name)).toBe(false);
  });
});

describe('the choice of a threshold', () => {
  it.each([
    [null, { kind: 'none' }],
    [undefined, { kind: 'none' }],
    ['production', { kind: 'named', name: 'production' }],
    [{ name: 'production' }, { kind: 'named', name: 'production' }],
    ['compliance.min: 80', { kind: 'own', definition: 'compliance.min: 80' }],
    ['{compliance.min: 80}', { kind: 'own', definition: '{compliance.min: 80}' }],
    ['compliance:\n  min: 80', { kind: 'own', definition: 'compliance:\n  min: 80' }],
    [{ compliance: { min: 80 } }, { kind: 'own', definition: { compliance: { min: 80 } } }],
    ['', { kind: 'own', definition: '' }],
    [{}, { kind: 'own', definition: {} }],
    [5, { kind: 'wrong', faults: [] }],
    [[], { kind: 'wrong', faults: [] }],
  ])('%j', (given, choice) => {
    expect(thresholdChoice(given)).toEqual(choice);
  });

  it('tells everything that is wrong with a reference at once', () => {
    const choice = thresholdChoice({ name: '', 'a/b': 1, compliance: {} });
    expect(choice.kind === 'wrong' && choice.faults.map((fault) => fault.pointer)).toEqual([
      '/threshold/a~1b',
      '/threshold/compliance',
      '/threshold/name',
    ]);
  });
});
