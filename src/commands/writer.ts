/** Writes to a stream and waits where it is full. A reader that went away (EPIPE) is main's to handle. */
export function writer(stream: NodeJS.WritableStream): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
}
