/**
 * Every text that holds an audit event has one of these, in one envelope or another. They have no character that JSON must
 * escape. Texts without one are not parsed: they are the ordinary logs of other programs.
 */
export const MARKS = ['auditID', 'audit.k8s.io', 'protoPayload'] as const;

export const isMarked = (text: string | Buffer): boolean => MARKS.some((mark) => text.includes(mark));
