import { Document, type Node } from 'yaml';
import type { YamlPath } from './yaml-source.ts';

/** A value as YAML, with a comment before the nodes at these paths. Lines are not folded. */
export function yamlText(
  value: unknown,
  comments: Iterable<readonly [path: YamlPath, comment: string]> = [],
): string {
  const document = new Document(value);
  for (const [path, comment] of comments) {
    const node = path.length === 0 ? document : (document.getIn(path, true) as Node);
    node.commentBefore = comment.replace(/^/gm, ' ');
  }
  return document.toString({ lineWidth: 0 });
}
