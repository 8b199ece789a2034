import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldBytes } from '../../../src/receive/held-bytes.ts';
import { RequestMemory } from '../../../src/receive/request-memory.ts';
import { SenderBytes } from '../../../src/receive/sender.ts';
import { Senders } from '../../../src/receive/senders.ts';
import { runs } from '../../support/property.ts';

const LIMITS = { connections: 5, connectionsPerSender: 2 };
const from = (remoteAddress: string | undefined) =>
  Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;
const senders = (socketName?: string, memory = new RequestMemory(300, 100)) =>
  new Senders(memory, LIMITS, socketName);

describe('connections', () => {
  test('of one address have a limit, those of another do not count', () => {
    const all = senders();
    const first = from('10.0.0.7');
    expect([first, from('10.0.0.7'), from('10.0.0.8')].map((one) => all.admit(one))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const why =
      'there are already 2 connections of one sender, which is the limit (max_connections_per_sender)';
    expect(all.admit(from('10.0.0.7'))).toBe(why);
    // As a listener on :: sees it.
    expect(all.admit(from('::ffff:10.0.0.7'))).toBe(why);
    first.emit('close');
    expect(all.admit(from('10.0.0.7'))).toBeUndefined();
  });

  test('of all together have a limit', () => {
    const all = senders();
    for (let i = 0; i < 5; i++) expect(all.admit(from(`10.0.0.${i}`))).toBeUndefined();
    expect(all.admit(from('10.0.0.9'))).toBe(
      'there are already 5 connections, which is the limit (max_connections)',
    );
  });

  test.each([
    ['127.0.0.1', undefined],
    ['::1', undefined],
    ['::ffff:127.0.0.1', undefined],
    [undefined, 'unix:///run/x.sock'],
  ])('from %s are limited only all together', (address, socketName) => {
    const all = senders(socketName);
    for (let i = 0; i < 5; i++) expect(all.admit(from(address))).toBeUndefined();
    expect(all.admit(from(address))).toBe(
      'there are already 5 connections, which is the limit (max_connections)',
    );
    expect(all.of(from(address)).held.add(300)).toBe(true);
    expect(all.of(from(address)).name).toBe(socketName ?? (address === '::1' ? '::1' : '127.0.0.1'));
  });

  test('of a client without an address are limited', () => {
    const all = senders();
    for (const socket of [from(undefined), from(undefined)]) expect(all.admit(socket)).toBeUndefined();
    expect(all.admit(from(undefined))).toContain('of one sender');
  });
});

describe('memory', () => {
  test('that one sender takes is not that of another', () => {
    const memory = new RequestMemory(300, 100);
    const all = senders(undefined, memory);
    const [greedy, modest] = [from('10.0.0.7'), from('10.0.0.8')].map((socket) => {
      all.admit(socket);
      return all.of(socket).held;
    });
    expect(greedy!.add(100)).toBe(true);
    expect(greedy!.add(1)).toBe(false);
    expect(greedy!.refusedBy).toBe('sender');
    expect(modest!.add(100)).toBe(true);
    expect(memory.bound('prod').held.add(100)).toBe(true);
    expect(memory.bound('test').held.add(1)).toBe(false);
    expect(memory.bound('test').held.refusedBy).toBe('all');
    expect(memory.bound('prod').held.add(1)).toBe(false);
    expect(memory.bound('prod').held.refusedBy).toBe('sender');
  });

  test('of one sender is one part over all receivers, until it has left the last of them', () => {
    const memory = new RequestMemory(300, 100);
    const [one, other] = [senders(undefined, memory), senders(undefined, memory)];
    const [first, second] = [from('10.0.0.7'), from('10.0.0.7')];
    one.admit(first);
    other.admit(second);
    one.of(first).held.add(80);
    expect(other.of(second).held.add(30)).toBe(false);
    one.of(first).held.subtract(80);
    first.emit('close');
    other.of(second).held.add(80);
    expect(one.of(from('10.0.0.7')).held.add(30)).toBe(false);
  });

  test('of a sender that left and came again is still its own', () => {
    const all = senders();
    const first = from('10.0.0.7');
    all.admit(first);
    const { held } = all.of(first);
    held.add(80);
    first.emit('close');
    const again = from('10.0.0.7');
    all.admit(again);
    expect(all.of(again).held.add(30)).toBe(false);
    held.subtract(80);
    expect(all.of(again).held.add(30)).toBe(true);
  });

  test('is never more than its part, and all of it is given back', () => {
    const step = fc.record({ least: fc.nat(200_000), more: fc.nat(200_000), give: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const all = new HeldBytes(600_000);
        const own = new SenderBytes(all, 300_000);
        const taken: Buffer[] = [];
        for (const { least, more, give } of steps) {
          const buffer = give ? undefined : own.take(least, least + more);
          if (buffer) taken.push(buffer);
          const last = give && taken.pop();
          if (last) own.give(last);
          expect(own.held).toBeLessThanOrEqual(300_000);
          expect(all.held).toBe(own.held);
          expect(own.held).toBe(taken.reduce((sum, { length }) => sum + length, 0));
        }
        for (const buffer of taken) own.give(buffer);
        expect(all.held).toBe(0);
      }),
      runs(200),
    );
  });
});
