/** `ESCU - Kubernetes Access Scanning - Rule`: the title between the name of the app and the word. */
const SEARCH_NAME = /^.+? - (?:Deprecated - )?(.+) - Rule$/;

/** The title of a detection in the name of its search; undefined for a name of another form. */
export function searchTitle(name: string): string | undefined {
  return SEARCH_NAME.exec(name)?.[1];
}
