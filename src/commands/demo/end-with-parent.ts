// Imported into the demo's sidecar before all else: its standard input is a pipe from the demo, which closes when the demo
// ends in whatever way, SIGKILL among them. Nobody is left then who could want what the sidecar holds.
const end = () => process.exit();
process.stdin.once('end', end).once('error', end).resume();
// It is no reason to stay.
(process.stdin as Partial<import('node:net').Socket>).unref?.();
