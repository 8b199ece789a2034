import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { COMMAND_ARGS_MAX, COMMAND_LINE_MAX } from '../../../src/enrich/exec-command.ts';
import { networks } from '../../../src/lib/networks.ts';
import { sourcesOf } from '../../../src/semantics/derived-sources.ts';
import { geo, turn } from './turn.ts';

const plan = compilePlan([...DERIVE_NEEDS, ...sourcesOf('process.command_line')]);
const derived = derive({ geo, trusted: networks([]) }, plan);

function commandOf(requestURI: string, objectRef: object = { resource: 'pods', subresource: 'exec' }) {
  const event = { auditID: 'a', stage: 'ResponseComplete', verb: 'get', objectRef, requestURI };
  return turn(event, plan, (reader) => {
    const all = (field: 'process.command_args' | 'process.command_line') =>
      Array.from({ length: derived.count(field, reader) }, (_, i) => derived.value(field, reader, i));
    return { args: all('process.command_args'), line: all('process.command_line') };
  });
}

const EXEC = '/api/v1/namespaces/shop/pods/web-0/exec';
const NODE = { resource: 'nodes', subresource: 'proxy' };
const RUN = '/api/v1/nodes/n1/proxy/run/shop/web-0/web';
const NOTHING = { args: [], line: [] };

test('each command of the query is an argument', () => {
  expect(commandOf(`${EXEC}?command=sh&command=-c&container=web&command=id%3B+ls%20-l&stdin=true`)).toEqual({
    args: ['sh', '-c', 'id; ls -l'],
    line: ['sh -c id; ls -l'],
  });
});

test('a key may be escaped, but has its case', () => {
  expect(commandOf(`${EXEC}?%63omm%61nd=nc&Command=x&command%20=y`).line).toEqual(['nc']);
});

test('what the API server drops is not run', () => {
  expect(commandOf(`${EXEC}?command=sh;x&command=%zz&command=id`).args).toEqual(['id']);
});

test('an empty argument is one', () => {
  expect(commandOf(`${EXEC}?command=&command=a`)).toEqual({ args: ['', 'a'], line: [' a'] });
});

test('an attach has one too', () => {
  expect(commandOf(`${EXEC}?command=top`, { resource: 'pods', subresource: 'attach' }).line).toEqual(['top']);
});

test('an exec without a command has none', () => {
  expect(commandOf(`${EXEC}?stdin=true&cmd=ls`)).toEqual(NOTHING);
  expect(commandOf(EXEC)).toEqual(NOTHING);
});

test("the kubelet's run splits cmd at spaces, and takes the first", () => {
  expect(commandOf(`${RUN}?cmd=cat%20/etc/passwd&cmd=id`, NODE)).toEqual({
    args: ['cat', '/etc/passwd'],
    line: ['cat /etc/passwd'],
  });
});

test("the kubelet's run does not read command", () => {
  expect(commandOf(`${RUN}?command=ls&cmd=id`, NODE).line).toEqual(['id']);
});

test("the kubelet's exec has command", () => {
  expect(commandOf('/api/v1/nodes/n1/proxy/exec/shop/web-0/web?command=id&command=-u', NODE).line).toEqual([
    'id -u',
  ]);
});

test.each([
  ['of another subresource', { resource: 'pods', subresource: 'portforward' }],
  ['of a proxy to a pod', { resource: 'pods', subresource: 'proxy' }],
  ['of no subresource', { resource: 'nodes' }],
])('the query %s is no command', (_, objectRef) => {
  expect(commandOf(`${EXEC}?command=ls&cmd=ls`, objectRef)).toEqual(NOTHING);
});

test('the list is bounded, the line has all arguments', () => {
  const { args, line } = commandOf(`${EXEC}?${'command=a&'.repeat(COMMAND_ARGS_MAX)}command=end`);
  expect(args).toHaveLength(COMMAND_ARGS_MAX);
  expect(line[0]).toMatch(/a end$/);
});

test('a line that no API server takes is cut and says so', () => {
  const { line } = commandOf(`${EXEC}?command=${'a'.repeat(COMMAND_LINE_MAX)}&command=b`);
  expect(line[0]).toHaveLength(COMMAND_LINE_MAX);
  expect(line[0]).toMatch(/a…$/);
});
