import { expect, test } from 'vitest';
import { jsonText } from '../../../src/lib/json-text.ts';

const value = { agent: 'a\u009b2J\u202eb\u001b\n\u{e0041}', list: ['Zürich', '東京'] };

test.each([undefined, 2])(
  'the value stays the same, and nothing in it reaches a terminal (indent %s)',
  (indent) => {
    const text = jsonText(value, indent);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/[\p{Cf}\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u);
    expect(text).toContain('東京');
    expect(text.split('\n')).toHaveLength(indent === undefined ? 1 : 7);
  },
);
