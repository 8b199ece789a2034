import { expect, test } from 'vitest';
import { confOf, isOn, placeIn } from '../../../../src/commands/import/conf-file.ts';

const conf = (...texts: readonly string[]) =>
  confOf(texts.map((text, i) => ({ path: `${i + 1}.conf`, text })));
const keys = (text: string, stanza = 'a') =>
  Object.fromEntries([...(conf(text).stanza(stanza) ?? [])].map(([key, { text }]) => [key, text]));

test('stanzas, comments, blanks and values with equal signs', () => {
  expect(
    keys('\uFEFF# c\r\n[a]\r\n  x = 1  \r\ny=b = c\r\n#z = 2\r\n\r\nno value\r\n[b]\r\nx = 3\r\n'),
  ).toEqual({
    x: '1',
    y: 'b = c',
  });
  expect(keys('[a] \nx =\n')).toEqual({ x: '' });
});

test('a backslash at the end of a line goes on, and each part knows its line', () => {
  const value = conf('[a]\nsearch = one \\\n# no comment \\\ntwo\ny = 1\n').stanza('a')!.get('search')!;
  expect(value.text).toBe('one \n# no comment \ntwo');
  expect(placeIn(value)).toBe('1.conf:2');
  expect(placeIn(value, value.text.indexOf('two'))).toBe('1.conf:4');
  expect(keys('[a]\nx = 1\\')).toEqual({ x: '1' });
});

test('a later file is over an earlier one, key by key, and defaults are under both', () => {
  const merged = conf('z = 0\n[a]\nx = 1\ny = 2\n', '[a]\ny = 3\n[default]\nw = 4\n[b]\n');
  const text = (stanza: string) =>
    [...merged.stanza(stanza)!].map(([key, { text, file }]) => `${key}=${text} ${file}`);
  expect(text('a').sort()).toEqual(['w=4 2.conf', 'x=1 1.conf', 'y=3 2.conf', 'z=0 1.conf']);
  expect(merged.names).toEqual(['a', 'b']);
  expect(merged.placeOf('a')).toBe('1.conf:2');
  expect(merged.stanza('c')).toBeUndefined();
});

test('a line without an equal sign takes no time, however many blanks it has', () => {
  const blanks = ' '.repeat(200_000);
  expect(keys(`[a]\n${blanks}x${blanks}y\nz = 1\n`)).toEqual({ z: '1' });
});

test('a word that is neither yes nor no is a fault', () => {
  const odd = conf('[a]\nx = maybe\n').stanza('a')!.get('x');
  expect(() => isOn(odd, true)).toThrow('maybe is neither yes (1) nor no (0)');
});

test('yes and no', () => {
  const { stanza } = {
    stanza: conf('[a]\none = 1\ntrue = True\nzero = 0\nfalse = FALSE\nempty =\n').stanza('a')!,
  };
  expect(['one', 'true', 'zero', 'false', 'empty', 'none'].map((key) => isOn(stanza.get(key), true))).toEqual(
    [true, true, false, false, true, true],
  );
});
