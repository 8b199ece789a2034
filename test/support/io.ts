import { Writable } from 'node:stream';

/** Streams of a command whose text can be read. `columns`: how wide the terminal is that its output seems to be. */
export function testIo(columns?: number) {
  const said: Record<'out' | 'err', string[]> = { out: [], err: [] };
  const stream = (to: string[]) =>
    new Writable({
      write(text, _, done) {
        to.push(String(text));
        done();
      },
    });
  const out = Object.assign(stream(said.out), columns === undefined ? {} : { columns });
  return {
    io: { out, err: stream(said.err) },
    out: () => said.out.join(''),
    err: () => said.err.join(''),
  };
}
