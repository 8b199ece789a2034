/** What client-go makes of a program that does not say its version. */
export const kubernetesClient = (program: string, version = 'v0.0.0', project = 'kubernetes'): string =>
  `${program}/${version} (linux/amd64) ${project}/${version === 'v0.0.0' ? '$Format' : '4a1c2e9d0b7f'}`;

/** controller-runtime's programs are often called so. */
export const manager = kubernetesClient('manager');

export const KUBECTL_LINUX = 'kubectl/v1.34.2 (linux/amd64) kubernetes/8cc511e';
