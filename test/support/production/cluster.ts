/** Namespaces of applications; each has a deployment, a service and a few secrets. */
export const APPS: readonly string[] = [
  ...['accounts', 'billing', 'cart', 'catalog', 'checkout', 'customers', 'invoices', 'ledger'],
  ...['loyalty', 'mail', 'notifications', 'orders', 'payments', 'pricing', 'recommendations', 'reports'],
  ...['returns', 'reviews', 'search', 'sessions', 'shipping', 'shop', 'stock', 'subscriptions', 'taxes'],
];

export const SECRETS = ['database', 'registry', 'tls', 'api'] as const;

/** Names of pods as a deployment makes them. */
export const podName = (app: string, hex: string): string => `${app}-${hex.slice(0, 9)}-${hex.slice(9, 14)}`;
