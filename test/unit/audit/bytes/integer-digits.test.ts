import { describe, expect, it } from 'vitest';
import { JsonSpan } from '../../../../src/audit/bytes/json-span.ts';
import { Scanner } from '../../../../src/audit/bytes/scan.ts';
import { KIND } from '../../../../src/audit/bytes/token-kinds.ts';
import { compileTrie } from '../../../../src/audit/bytes/trie.ts';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { request } from '../../../support/events.ts';
import { readNow } from '../told.ts';

// Numbers of up to fifteen digits are their own text. Longer ones may not be: a double rounds them.

const { integer, number } = KIND;
const KINDS = [
  ['9', integer],
  ['99999999999999', integer],
  ['999999999999999', integer],
  ['9999999999999999', number],
  ['99999999999999999', number],
  ['999999999999999999', number],
  ['-99', number],
  ['9.0', number],
  ['9e0', number],
] as const;

describe('the kind of a number', () => {
  it.each(KINDS)('%s, to the scanner', (digits, kind) => {
    const trie = compileTrie(['n'], []);
    const scanner = new Scanner(trie);
    const bytes = Buffer.from(`{"n":${digits}}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expect(scanner.scan(bytes, view, 0, bytes.length)).toBe(0);
    expect(scanner.kind[trie.places.get('n')!.ends[0]!]).toBe(kind);
  });

  it.each(KINDS)('%s, to what goes over members of arrays', (digits, kind) => {
    const span = new JsonSpan(Buffer.from(`${digits},1`));
    span.value();
    expect([span.kind, span.end]).toEqual([kind, digits.length]);
  });
});

describe('the literal of a number is that of the text that JSON prints for it', () => {
  // 2^53 + 1 and a number of 17 digits, and what a double makes of them.
  const literals = [
    '999999999999999',
    '9007199254740992',
    '9007199254740993',
    '12345678901234567',
    '12345678901234568',
  ];

  it.each([
    ['999999999999999', 0],
    ['9007199254740992', 1],
    ['9007199254740993', 1],
    ['12345678901234567', 4],
  ])('%s, alone and in an array', (digits, expected) => {
    const plan = compilePlan(['n', 'list'].map((path) => ({ path, literals })));
    const found: number[] = [];
    readNow(
      request(`{"auditID":"a","stage":"s","n":${digits},"list":[${digits}]}`, 'line'),
      plan,
      (event) => {
        found.push(event.literal(plan.id('n'), 0), event.literal(plan.id('list'), 0));
      },
    );
    expect(found).toEqual([expected, expected]);
  });
});
