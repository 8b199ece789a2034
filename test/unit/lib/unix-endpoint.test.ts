import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { isUnix, unixAddress, unixPath } from '../../../src/lib/unix-endpoint.ts';

test.each([
  ['unix:///run/x.sock', '/run/x.sock', 'unix:///run/x.sock'],
  ['unix:/run/x.sock', '/run/x.sock', 'unix:///run/x.sock'],
  ['unix:run/x.sock', 'run/x.sock', `unix://${resolve('run/x.sock')}`],
  ['unix:///run/a/../x y.sock', '/run/a/../x y.sock', 'unix:///run/x y.sock'],
])('%s is a socket', (endpoint, path, address) => {
  expect([isUnix(endpoint), unixPath(endpoint), unixAddress(endpoint)]).toEqual([true, path, address]);
});

test.each(['unix:', 'unix://', 'unix://host/x.sock', 'unix:////x', 'unix:@name', 'unix:a\0b'])(
  '%j names no socket',
  (endpoint) => {
    expect([isUnix(endpoint), unixPath(endpoint), unixAddress(endpoint)]).toEqual([
      true,
      undefined,
      undefined,
    ]);
  },
);

test.each(['localhost:4317', '/run/x.sock', 'unixhost:1', ''])('%j is something else', (endpoint) => {
  expect([isUnix(endpoint), unixPath(endpoint)]).toEqual([false, undefined]);
});
