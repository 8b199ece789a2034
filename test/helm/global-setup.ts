import { installTools } from './tools.ts';

/** Once, before the test files, which run at the same time. */
export default installTools;
