import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reader } from 'maxmind';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/enrich/mmdb.ts';
import { DEPTH_MAX, TEXT_MAX, VALUES_MAX } from '../../../src/enrich/mmdb-data.ts';
import { encode, mmdbFile } from './mmdb-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The record that consists of these bytes, as we and as maxmind read it. Pointers count from its first byte. */
function read(
  record: Uint8Array,
  wanted?: readonly string[],
): { ours: () => unknown; theirs: () => unknown } {
  const bytes = mmdbFile(4, 'x city', { '203.0.113.0/24': record });
  const path = join(folder, 'one.mmdb');
  writeFileSync(path, bytes);
  const database = openDatabase(path, wanted ? { wanted: new Set(wanted) } : {});
  return {
    ours() {
      try {
        return database.get('203.0.113.1');
      } finally {
        database.close();
      }
    },
    theirs: () => new Reader(bytes).get('203.0.113.1'),
  };
}

/** A value's first bytes: its type by number, its size in the shortest form. */
function head(type: number, size: number): number[] {
  const [five, more] =
    size < 29
      ? [size, []]
      : size < 285
        ? [29, [size - 29]]
        : size < 65_821
          ? [30, [(size - 285) >> 8, (size - 285) & 255]]
          : [31, [(size - 65_821) >> 16, ((size - 65_821) >> 8) & 255, (size - 65_821) & 255]];
  return type < 8 ? [(type << 5) | five, ...more] : [five, type - 7, ...more];
}

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from(head(2, value.length)), Buffer.from(value)]);
const bytes = (...parts: (readonly number[] | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));

test.each([
  ['an empty text', bytes(head(2, 0)), ''],
  ['a text of 28 bytes', text('a'.repeat(28)), 'a'.repeat(28)],
  ['a text of 29 bytes', text('b'.repeat(29)), 'b'.repeat(29)],
  ['a text of 284 bytes', text('c'.repeat(284)), 'c'.repeat(284)],
  ['a text of 285 bytes', text('d'.repeat(285)), 'd'.repeat(285)],
  ['the longest text', text('e'.repeat(TEXT_MAX)), 'e'.repeat(TEXT_MAX)],
  ['a text of several scripts', encode('Łódź 東京 🏙'), 'Łódź 東京 🏙'],
  ['a double', bytes(head(3, 8), [0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18]), Math.PI],
  ['a float', bytes(head(15, 4), [0x42, 0x4e, 0x0e, 0xa5]), Math.fround(51.5143)],
  ['bytes', bytes(head(4, 3), [1, 2, 3]), Buffer.from([1, 2, 3])],
  ['a 16-bit number', bytes(head(5, 2), [0xff, 0xfe]), 0xfffe],
  ['a number without bytes', bytes(head(6, 0)), 0],
  ['a 32-bit number', bytes(head(6, 4), [0xff, 0xff, 0xff, 0xff]), 0xffff_ffff],
  ['a negative number', bytes(head(8, 4), [0xff, 0xff, 0xff, 0xfe]), -2],
  ['a short signed number', bytes(head(8, 1), [0xfe]), 0xfe],
  ['a 64-bit number', bytes(head(9, 8), [0xff, 0, 0, 0, 0, 0, 0, 1]), 0xff00_0000_0000_0001n],
  ['a 128-bit number without bytes', bytes(head(10, 0)), 0n],
  ['an array', bytes(head(11, 2), head(14, 1), head(14, 0)), [true, false]],
  ['an empty map', bytes(head(7, 0)), {}],
])('%s is read as it was written, and as maxmind reads it', (_, record, value) => {
  const { ours, theirs } = read(record);
  expect(ours()).toEqual(value);
  expect(theirs()).toEqual(value);
});

test.each([
  ['one byte', 300, [0x20 | (300 >> 8), 300 & 255]],
  ['two bytes', 2048 + 70_000, [0x28 | (70_000 >> 16), (70_000 >> 8) & 255, 70_000 & 255]],
  ['three bytes', 526_336 + 5, [0x30, 0, 0, 5]],
  ['four bytes', 300, [0x38, 0, 0, 1, 44]],
])('a pointer of %s leads to its value, and reading goes on behind it', (_, target, pointer) => {
  const record = Buffer.alloc(target + 10);
  bytes(head(7, 2), text('a'), pointer, text('b'), text('after')).copy(record);
  text('there').copy(record, target);
  const { ours, theirs } = read(record);
  const value = { a: 'there', b: 'after' };
  expect(ours()).toEqual(value);
  expect(theirs()).toEqual(value);
});

test('only wanted keys are read, at any depth; the rest is passed over, whatever it is', () => {
  const unwanted = [
    text('z'.repeat(300)),
    bytes(head(7, 1), text('a'), text('inside')),
    bytes(head(11, 2), text('x'), bytes(head(11, 0))),
    bytes(head(14, 1)),
    bytes(head(3, 8), new Uint8Array(8)),
    bytes(head(9, 8), new Uint8Array(8)),
    bytes([0x38, 0xff, 0xff, 0xff, 0xff]),
    bytes(head(7, 0)),
  ];
  const members = unwanted.flatMap((value) => [text('no'), value]);
  const record = bytes(
    head(7, unwanted.length + 2),
    ...members,
    text('yes'),
    bytes(head(7, 2), text('no'), text('x'), text('a'), text('b')),
    text('a'),
    text('last'),
  );
  expect(read(record, ['yes', 'a']).ours()).toEqual({ yes: { a: 'b' }, a: 'last' });
});

const deep = (depth: number) => bytes(...Array.from({ length: depth }, () => head(11, 1)), head(7, 0));

test('what real records never come near is still read', () => {
  expect(() => read(deep(DEPTH_MAX)).ours()).not.toThrow();
  const values = bytes(
    head(11, VALUES_MAX - 1),
    ...Array.from({ length: VALUES_MAX - 1 }, () => head(14, 1)),
  );
  expect(read(values).ours()).toHaveLength(VALUES_MAX - 1);
});

const fan = (depth: number): Buffer =>
  // Each map holds 28 pointers to the next, so that reading it all would take 28 ^ depth steps.
  bytes(
    ...Array.from({ length: depth }, (_, level) => {
      const members = Array.from({ length: 28 }, () => bytes(head(2, 0), [0x38, 0, 0, 0, 0])).map(
        (member) => {
          member.writeUInt32BE((level + 1) * FAN_BYTES, 2);
          return member;
        },
      );
      return bytes(head(7, 28), ...members);
    }),
    head(7, 0),
  );
const FAN_BYTES = 1 + 28 * 6;

test.each([
  ['a pointer to itself', bytes([0x20, 0])],
  ['two pointers to each other', bytes([0x20, 2, 0x20, 0])],
  ['a map that holds itself', bytes(head(7, 1), text('a'), [0x20, 0])],
  ['maps of pointers to maps of pointers', fan(20)],
  ['a pointer beyond the file', bytes([0x3f, 0xff, 0xff, 0xff, 0xff])],
  ['a map of 16 million', bytes(head(7, 16_000_000))],
  ['an array of 16 million', bytes(head(11, 16_000_000))],
  ['a text of 16 MB', bytes(head(2, 16_000_000))],
  ['a text that is a byte too long', text('e'.repeat(TEXT_MAX + 1))],
  ['bytes of 16 MB', bytes(head(4, 16_000_000))],
  ['a key that is no text', bytes(head(7, 1), head(14, 1), text('a'))],
  ['a double of 4 bytes', bytes(head(3, 4), new Uint8Array(4))],
  ['a float of 8 bytes', bytes(head(15, 8), new Uint8Array(8))],
  ['a number of 5 bytes', bytes(head(6, 5), new Uint8Array(5))],
  ['a number of 17 bytes', bytes(head(10, 17), new Uint8Array(17))],
  ['a cache container', bytes(head(12, 0))],
  ['an end marker', bytes(head(13, 0))],
  ['a type of the future', bytes(head(16, 0))],
  ['a value one too deep', deep(DEPTH_MAX + 1)],
  ['too many values', bytes(head(11, VALUES_MAX), ...Array.from({ length: VALUES_MAX }, () => head(14, 1)))],
])('%s is refused', (_, record) => {
  expect(() => read(record).ours()).toThrow();
});

test('what is passed over is bounded too', () => {
  const member = (value: Uint8Array) => bytes(head(7, 1), text('no'), value);
  expect(() => read(member(deep(DEPTH_MAX + 1)), []).ours()).toThrow('too deep');
  expect(() =>
    read(member(bytes(head(7, 16_000_000), new Uint8Array(2 ** 17).fill(0x40))), []).ours(),
  ).toThrow('too many values');
});
