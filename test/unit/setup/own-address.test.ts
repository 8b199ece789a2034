import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { loopFault } from '../../../src/setup/own-address.ts';

const receivers = (...endpoints: readonly string[]) => ({
  otlp: { protocols: { grpc: { endpoint: endpoints[0], tls: undefined }, http: { endpoint: endpoints[1] } } },
});
const [external] = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, address }) => !internal && !address.includes(':'));

test.each([
  ['http://localhost:4317', 'localhost:4317'],
  ['http://127.0.0.1:4317', 'localhost:4317'],
  ['http://[::1]:4317', 'localhost:4317'],
  ['http://[::ffff:127.0.0.1]:4317', '127.0.0.1:4317'],
  ['http://0.0.0.0:4317', '127.0.0.1:4317'],
  ['http://127.0.0.1:4317', '0.0.0.0:4317'],
  ['http://[::1]:4317', '[::]:4317'],
  [`http://${external?.address ?? '127.0.0.1'}:4317`, '0.0.0.0:4317'],
  ['https://localhost', 'localhost:443'],
  ['http://localhost', 'localhost:80'],
  ['unix:///run/sidewatch/otlp.sock', 'unix:/run/sidewatch/otlp.sock'],
])('%s is a loop for a receiver at %s', async (target, endpoint) => {
  expect(await loopFault(target, receivers(endpoint, '127.0.0.1:1'))).toBe(
    `is a loop: it is the address of a receiver of this Sidewatch (${endpoint})`,
  );
  expect(await loopFault(target, receivers('127.0.0.1:1', endpoint))).toContain(endpoint);
});

test.each([
  ['http://localhost:4318', 'localhost:4317'],
  ['http://192.0.2.7:4317', 'localhost:4317'],
  ['http://192.0.2.7:4317', '0.0.0.0:4317'],
  ['http://nowhere.invalid:4317', '0.0.0.0:4317'],
  ['http://127.0.0.2:4317', '127.0.0.1:4317'],
  ['unix:///run/other.sock', 'unix:///run/sidewatch/otlp.sock'],
])('%s is no loop for a receiver at %s', async (target, endpoint) => {
  expect(await loopFault(target, receivers(endpoint))).toBeUndefined();
});
