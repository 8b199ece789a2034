/** For a log or a message, where npmWroteFirst. */
export const NPM_LINES =
  'npm has written lines of its own to standard output; for a pipe or a file start it with npm run -s';

/** Whether npm, running one of our scripts, wrote lines of its own to a standard output that is a pipe or a file. */
export function npmWroteFirst(): boolean {
  const { npm_package_name, npm_lifecycle_event = '', npm_config_loglevel } = process.env;
  const ownScript = npm_package_name === 'sidewatch' && /^(start|sidewatch)$/.test(npm_lifecycle_event);
  return ownScript && npm_config_loglevel !== 'silent' && !process.stdout.isTTY;
}

/**
 * Goes to the folder from which the user started npm. npm runs a script in the folder of its package, `root`, and paths on the
 * command line are relative to where the user stands.
 */
export function leavePackageFolder(root: string): void {
  const { INIT_CWD: user } = process.env;
  if (user === undefined || process.cwd() !== root) return;
  try {
    process.chdir(user);
  } catch {
    // It is gone: then paths are relative to the package.
  }
}
