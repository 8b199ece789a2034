/** What a request can do to the cluster; `connect` opens a connection into a pod, a service or a node. */
export const ACTIONS = ['create', 'update', 'patch', 'delete', 'connect'] as const;

export type Action = (typeof ACTIONS)[number];

/** What each verb of a change does; a `patch` or an `update` creates where it was answered with 201. */
export const VERBS = {
  create: 'create',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
} as const satisfies Record<string, Action>;

/** Verbs of which each action may be; that of a connection may be any. */
export const VERBS_OF: Readonly<Record<Exclude<Action, 'connect'>, readonly string[]>> = {
  create: ['create', 'update', 'patch'],
  update: ['update'],
  patch: ['patch'],
  delete: ['delete', 'deletecollection'],
};

/** Subresources that open a connection, whatever the verb: a GET and a POST of pods/exec do the same. */
export const CONNECTIONS = ['exec', 'attach', 'portforward', 'proxy'] as const;

/** Those that may run a command; a node's proxy leads to its kubelet. */
export const RUNNING = ['exec', 'attach', 'proxy'] as const;

/** The subresource that issues a token, also where the request says that it is a dry run: a token is stored nowhere. */
export const TOKEN = 'token';
