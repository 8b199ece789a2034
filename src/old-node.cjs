// The npm scripts load this before anything else: a Node.js that cannot run TypeScript shows one sentence, no stack trace.
// The same condition stands in main.ts, for an installed package.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 8)) {
  process.stderr.write(
    `sidewatch needs Node.js 22.18 or newer (of version 23: 23.8 or newer), and this is ${process.versions.node}: run \`npm ci\` again without --ignore-scripts, because its install scripts bring the Node.js 24 that the npm scripts use\n`,
  );
  process.exit(1);
}
