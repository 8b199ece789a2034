import { constants, performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';
import { seconds } from '../../lib/time-format.ts';

/** The time that the client has to read why. */
const READING_TIME = seconds(1);

/** Says to a client over the limit why it is not served; then closes its connection. `ended` is called in any case. */
export function turnAway(socket: Socket, why: string, ended: () => void): void {
  const session = performServerHandshake(socket);
  const timer = setTimeout(() => session.destroy(), READING_TIME).unref();
  session.on('error', () => {});
  session.on('close', () => {
    clearTimeout(timer);
    ended();
  });
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(why));
}
