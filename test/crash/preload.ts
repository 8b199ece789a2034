import { Worker } from 'node:worker_threads';
import type { Order } from './orders.ts';

// Loaded by a `serve` of the crash test before its own code. Its clock is the test's, and it can be told to kill itself at a call
// to its store: the test sees no such moment from outside.

let now = Number(process.env['CRASH_TEST_CLOCK']);
Date.now = () => now;

let die: Extract<Order, { kind: 'die' }> | undefined;
process.on('message', (order: Order) => {
  if (order.kind === 'clock') now = order.now;
  else die = order;
});
process.channel?.unref();

const ordered = process.env['CRASH_TEST_DIE'];
if (ordered !== undefined) die = JSON.parse(ordered);

let calls = 0;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (this: Worker, ...message: Parameters<typeof post>) {
  post.apply(this, message);
  const { name } = message[0] as { name?: string };
  if (name === undefined || name !== die?.call || ++calls < die.nth) return;
  if (die.after === 0) process.kill(process.pid, 'SIGKILL');
  else setTimeout(() => process.kill(process.pid, 'SIGKILL'), die.after);
};
