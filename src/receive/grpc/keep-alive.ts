import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Ms } from '../../model/time.ts';
import type { SessionTimers } from './session-timers.ts';

/**
 * Pings a client from which no byte came for `time` (up to twice that); calls `vanished` where it does not answer within
 * `timeout`.
 */
export function keepAlive(
  session: ServerHttp2Session,
  socket: Socket,
  timers: SessionTimers,
  { time, timeout, vanished }: { readonly time: Ms; readonly timeout: Ms; readonly vanished: () => void },
): void {
  let seen = 0;
  let asked = false;
  timers.every(time, () => {
    const quiet = socket.bytesRead === seen;
    seen = socket.bytesRead;
    if (!quiet || asked) return;
    asked = true;
    const cancel = timers.after(timeout, vanished);
    session.ping(() => {
      asked = false;
      cancel();
    });
  });
}
