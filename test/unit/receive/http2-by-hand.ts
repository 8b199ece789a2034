import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const FRAME = { data: 0, headers: 1, rst: 3, settings: 4, ping: 6, goaway: 7 } as const;
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly body: Buffer;
}

export const isAck = ({ flags }: Frame): boolean => (flags & ACK) !== 0;

/** The last stream id and the error code of a GOAWAY. */
export const goaway = ({ body }: Frame) => ({ last: body.readUInt32BE(0), code: body.readUInt32BE(4) });

/** A client that writes frames itself, so that it can do what no library would: it acknowledges nothing on its own. */
export class ByHand {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  #rest = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {}).on('data', (bytes) => this.#take(bytes));
  }

  /** `greet`: begins HTTP/2, and waits until the server has seen that. */
  static async open(address: string, { greet = true } = {}): Promise<ByHand> {
    const [host, port] = address.split(':');
    const client = new ByHand(connect(Number(port), host));
    // The server begins by itself.
    await client.next(FRAME.settings);
    if (!greet) return client;
    client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    client.write(FRAME.settings, 0, 0, Buffer.alloc(0));
    await client.next(FRAME.settings, isAck);
    return client;
  }

  write(type: number, flags: number, stream: number, body: Uint8Array): void {
    const head = Buffer.alloc(9);
    head.writeUIntBE(body.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, body]));
  }

  /** Begins a stream, and ends it if `body` is its whole body. */
  request(stream: number, headers: Record<string, string>, body?: Uint8Array): void {
    const all = { ...headers, ':scheme': 'http', ':authority': 'test' };
    const pseudoFirst = Object.entries(all).sort(([a], [b]) => Number(b[0] === ':') - Number(a[0] === ':'));
    const fields = pseudoFirst.map(([name, value]) =>
      Buffer.concat([
        Buffer.of(0, name.length),
        Buffer.from(name),
        Buffer.of(value.length),
        Buffer.from(value),
      ]),
    );
    this.write(FRAME.headers, END_HEADERS, stream, Buffer.concat(fields));
    if (body) this.write(FRAME.data, END_STREAM, stream, body);
  }

  /** Resolves when the server has seen all that was written. */
  async seen(): Promise<void> {
    this.write(FRAME.ping, 0, 0, Buffer.alloc(8));
    await this.next(FRAME.ping, isAck);
  }

  pong(ping: Frame): void {
    this.write(FRAME.ping, ACK, 0, ping.body);
  }

  /** The next frame of the type that has come, or comes, and was not given before. */
  async next(type: number, wanted: (frame: Frame) => boolean = () => true): Promise<Frame> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.type === type && wanted(frame));
      if (at >= 0) return this.frames.splice(at, 1)[0]!;
      await once(this.socket, 'data');
    }
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      this.frames.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5),
        body: this.#rest.subarray(9, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
  }
}
