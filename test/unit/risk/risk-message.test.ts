import { expect, test } from 'vitest';
import type { Detection } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { fieldValues } from '../../../src/risk/detection-fields.ts';
import { message } from '../../../src/risk/risk-message.ts';

const values = fieldValues({ rename: { sourceIPs: 'src_ip', 'user.username': 'user' } } as unknown as Rule)({
  group: { sourceIPs: '10.0.0.1', City: '', Country: null },
  values: {
    sourceIPs: ['10.0.0.1', '10.0.0.2'],
    Country: ['GB'],
    'user.username': ['bob', 'alice', 'bob'],
    'annotations.authorization.k8s.io/decision': ['forbid'],
    '@client.address': ['192.0.2.1'],
    evil: ['a\nb\u202ec\u0000\u009b\u2028\ud800'],
    money: ['$&$1'],
    many: Array.from({ length: 20 }, (_, i) => `v${String(i).padStart(2, '0')}`),
  },
} as unknown as Detection);

test.each([
  ['from $sourceIPs$', 'from 10.0.0.1'],
  ['from $src_ip$ by $user$', 'from 10.0.0.1 by alice, bob'],
  ['in "$City$", $Country$', 'in "", GB'],
  ['said $annotations.authorization.k8s.io/decision$', 'said forbid'],
  ['by $client.address$', 'by 192.0.2.1'],
  ['by $nobody$ and $constructor$', 'by unknown and unknown'],
  ['costs $5 and $6', 'costs $5 and $6'],
  ['$money$', '$&$1'],
  ['two\n  lines\n', 'two lines'],
  ['$evil$', 'a\\u000ab\\u202ec\\u0000\\u009b\\u2028\\ud800'],
  ['\u202eturned', '\\u202eturned'],
  ['München 東京 🦀', 'München 東京 🦀'],
])('%j says %j', (template, text) => {
  expect(message(template, values)).toBe(text);
});

test('of many values the first 16 are shown', () => {
  expect(message('$many$', values)).toMatch(/^v00, .*, v15 and 4 more$/);
});
