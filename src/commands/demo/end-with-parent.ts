// The demo's sidecar imports this first. Its standard input is a pipe from the demo, which closes however the demo ends, even
// by SIGKILL. Then the sidecar ends at once, because its risk events have no reader left.
const end = () => process.exit();
process.stdin.once('end', end).once('error', end).resume();
// The pipe must not keep the process alive.
(process.stdin as Partial<import('node:net').Socket>).unref?.();
