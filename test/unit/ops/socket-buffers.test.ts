import { expect, test } from 'vitest';
import { freesSocketBuffers } from '../../../src/ops/socket-buffers.ts';

const MIB = 2 ** 20;

/** Memory outside the heap of which a collection leaves `inUse`. */
function memory() {
  const of = { held: 100 * MIB, inUse: 100 * MIB, collected: 0 };
  const after = freesSocketBuffers({
    measure: () => of.held,
    collect: () => {
      of.collected++;
      of.held = of.inUse;
    },
  });
  return { of, after };
}

test('what sockets leave behind is collected after each 8 MiB', () => {
  const { of, after } = memory();
  after();
  for (let request = 0; request < 64; request++) {
    of.held += MIB;
    after();
  }
  expect(of.collected).toBe(8);
});

test('what V8 has freed by itself is not collected again', () => {
  const { of, after } = memory();
  after();
  for (let request = 0; request < 64; request++) {
    of.held += MIB;
    if (request % 6 === 5) of.held = of.inUse;
    after();
  }
  expect(of.collected).toBe(0);
});

test('memory that grew and is in use is collected for once', () => {
  const { of, after } = memory();
  after();
  of.inUse += 20 * MIB;
  of.held += 20 * MIB;
  for (let request = 0; request < 10; request++) after();
  expect(of.collected).toBe(1);
});

// Without it they reach 96 MiB. A collection shows in the figures after the next one.
test('the buffers of this process do not pile up', () => {
  const after = freesSocketBuffers();
  const outside = () => process.memoryUsage().external;
  after();
  const before = outside();
  let most = 0;
  for (let request = 0; request < 100; request++) {
    for (let read = 0; read < 16; read++) Buffer.allocUnsafeSlow(64 * 1024);
    after();
    most = Math.max(most, outside() - before);
  }
  expect(most).toBeLessThan(40 * MIB);
});
