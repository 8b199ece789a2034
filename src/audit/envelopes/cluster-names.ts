/** The longest name of a cluster, and of what one is taken from. */
export const NAME_MAX = 2048;

const LOG_GROUP = /^\/aws\/eks\/([^/]+)\/cluster$/;
const RESOURCE_ID = /\/managedClusters\/([^/]+)(?:\/|$)/i;

/** The cluster of EKS that writes to a log group of CloudWatch. */
export const clusterOfLogGroup = (group: unknown): string | undefined => found(LOG_GROUP, group);

/** The cluster of AKS in a resource id of Azure, which Azure writes in capitals or not: so it is made lower case. */
export const clusterOfResourceId = (id: unknown): string | undefined => found(RESOURCE_ID, id)?.toLowerCase();

function found(pattern: RegExp, text: unknown): string | undefined {
  return typeof text === 'string' && text.length <= NAME_MAX ? pattern.exec(text)?.[1] : undefined;
}
