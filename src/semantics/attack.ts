/** The enterprise tactics of ATT&CK: from the last part of a Sigma tag to its id and the name that people read. */
const TACTICS: ReadonlyMap<string, { readonly id: string; readonly name: string }> = new Map([
  ['reconnaissance', { id: 'TA0043', name: 'Reconnaissance' }],
  ['resource-development', { id: 'TA0042', name: 'Resource Development' }],
  ['initial-access', { id: 'TA0001', name: 'Initial Access' }],
  ['execution', { id: 'TA0002', name: 'Execution' }],
  ['persistence', { id: 'TA0003', name: 'Persistence' }],
  ['privilege-escalation', { id: 'TA0004', name: 'Privilege Escalation' }],
  ['defense-evasion', { id: 'TA0005', name: 'Defense Evasion' }],
  ['credential-access', { id: 'TA0006', name: 'Credential Access' }],
  ['discovery', { id: 'TA0007', name: 'Discovery' }],
  ['lateral-movement', { id: 'TA0008', name: 'Lateral Movement' }],
  ['collection', { id: 'TA0009', name: 'Collection' }],
  ['command-and-control', { id: 'TA0011', name: 'Command and Control' }],
  ['exfiltration', { id: 'TA0010', name: 'Exfiltration' }],
  ['impact', { id: 'TA0040', name: 'Impact' }],
]);

/** The techniques that rules for Kubernetes audit logs name. The name of a subtechnique begins with that of its parent. */
const TECHNIQUES: ReadonlyMap<string, string> = new Map([
  ['T1027', 'Obfuscated Files or Information'],
  ['T1036', 'Masquerading'],
  ['T1036.005', 'Masquerading: Match Legitimate Resource Name or Location'],
  ['T1046', 'Network Service Discovery'],
  ['T1053', 'Scheduled Task/Job'],
  ['T1053.007', 'Scheduled Task/Job: Container Orchestration Job'],
  ['T1059', 'Command and Scripting Interpreter'],
  ['T1059.004', 'Command and Scripting Interpreter: Unix Shell'],
  ['T1068', 'Exploitation for Privilege Escalation'],
  ['T1069', 'Permission Groups Discovery'],
  ['T1070', 'Indicator Removal'],
  ['T1078', 'Valid Accounts'],
  ['T1078.001', 'Valid Accounts: Default Accounts'],
  ['T1078.004', 'Valid Accounts: Cloud Accounts'],
  ['T1082', 'System Information Discovery'],
  ['T1087', 'Account Discovery'],
  ['T1090', 'Proxy'],
  ['T1090.003', 'Proxy: Multi-hop Proxy'],
  ['T1098', 'Account Manipulation'],
  ['T1098.006', 'Account Manipulation: Additional Container Cluster Roles'],
  ['T1105', 'Ingress Tool Transfer'],
  ['T1110', 'Brute Force'],
  ['T1133', 'External Remote Services'],
  ['T1136', 'Create Account'],
  ['T1190', 'Exploit Public-Facing Application'],
  ['T1204', 'User Execution'],
  ['T1204.003', 'User Execution: Malicious Image'],
  ['T1485', 'Data Destruction'],
  ['T1490', 'Inhibit System Recovery'],
  ['T1496', 'Resource Hijacking'],
  ['T1496.001', 'Resource Hijacking: Compute Hijacking'],
  ['T1498', 'Network Denial of Service'],
  ['T1499', 'Endpoint Denial of Service'],
  ['T1525', 'Implant Internal Image'],
  ['T1526', 'Cloud Service Discovery'],
  ['T1528', 'Steal Application Access Token'],
  ['T1543', 'Create or Modify System Process'],
  ['T1543.005', 'Create or Modify System Process: Container Service'],
  ['T1550.001', 'Use Alternate Authentication Material: Application Access Token'],
  ['T1552', 'Unsecured Credentials'],
  ['T1552.001', 'Unsecured Credentials: Credentials In Files'],
  ['T1552.005', 'Unsecured Credentials: Cloud Instance Metadata API'],
  ['T1552.007', 'Unsecured Credentials: Container API'],
  ['T1557', 'Adversary-in-the-Middle'],
  ['T1562', 'Impair Defenses'],
  ['T1562.001', 'Impair Defenses: Disable or Modify Tools'],
  ['T1562.008', 'Impair Defenses: Disable or Modify Cloud Logs'],
  ['T1580', 'Cloud Infrastructure Discovery'],
  ['T1595', 'Active Scanning'],
  ['T1595.002', 'Active Scanning: Vulnerability Scanning'],
  ['T1595.003', 'Active Scanning: Wordlist Scanning'],
  ['T1609', 'Container Administration Command'],
  ['T1610', 'Deploy Container'],
  ['T1611', 'Escape to Host'],
  ['T1612', 'Build Image on Host'],
  ['T1613', 'Container and Resource Discovery'],
]);

/** "Network Service Discovery" for "T1046"; the id itself where it has no name here. */
export const techniqueName = (id: string): string => TECHNIQUES.get(id) ?? id;

/** "Discovery" for "discovery"; the word itself where it is not a tactic of ATT&CK. */
export const tacticName = (tactic: string): string => TACTICS.get(tactic)?.name ?? tactic;

/** "TA0007" for "discovery"; undefined where it is not a tactic of ATT&CK. */
export const tacticId = (tactic: string): string | undefined => TACTICS.get(tactic)?.id;

/** The technique ids in a rule's Sigma tags: `attack.t1046.001` gives T1046.001. */
export function techniques(tags: readonly string[]): readonly string[] {
  return idsIn(tags, (name) => (/^t\d{4}(\.\d{3})?$/.test(name) ? name.toUpperCase() : undefined));
}

/** The tactics in a rule's Sigma tags, with hyphens as in Sigma 2; older rules have underscores. */
export function tactics(tags: readonly string[]): readonly string[] {
  return idsIn(tags, (name) => {
    const tactic = name.replaceAll('_', '-');
    return TACTICS.has(tactic) ? tactic : undefined;
  });
}

/** Each id once, as `read` takes it from a tag that begins with `attack.`. */
function idsIn(tags: readonly string[], read: (name: string) => string | undefined): readonly string[] {
  const ids = new Set<string>();
  for (const tag of tags) {
    const name = /^attack\.(.+)$/.exec(tag.toLowerCase())?.[1];
    const id = name === undefined ? undefined : read(name);
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}
