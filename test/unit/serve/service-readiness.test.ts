import { expect, test } from 'vitest';
import { ServiceReadiness } from '../../../src/serve/service-readiness.ts';

test('a service that starts or stops is not ready, and says why', () => {
  const readiness = new ServiceReadiness('the rules are being loaded');
  expect(readiness.now()).toEqual({ ready: false, reasons: ['the rules are being loaded'] });
  readiness.phase = undefined;
  expect(readiness.now()).toEqual({ ready: true, reasons: [] });
  readiness.phase = 'stopping';
  expect(readiness.now()).toEqual({ ready: false, reasons: ['stopping'] });
});

test('every check with a reason counts', () => {
  const readiness = new ServiceReadiness('starting');
  readiness.add(() => 'the outbox is full');
  readiness.add(() => undefined);
  readiness.add(() => 'the disk is full');
  expect(readiness.now().reasons).toEqual(['starting', 'the outbox is full', 'the disk is full']);
});

test('listeners hear of each change once, until they leave', () => {
  const readiness = new ServiceReadiness('starting');
  let full = false;
  readiness.add(() => (full ? 'the outbox is full' : undefined));
  const heard: boolean[] = [];
  const leave = readiness.changed(() => heard.push(readiness.now().ready));
  readiness.phase = undefined;
  readiness.review();
  full = true;
  readiness.review();
  readiness.review();
  full = false;
  readiness.review();
  expect(heard).toEqual([true, false, true]);
  leave();
  leave();
  readiness.phase = 'stopping';
  expect(heard).toHaveLength(3);
});
