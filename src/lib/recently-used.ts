/**
 * The cache for all parts: a map with a bounded number of entries. The least recently used entry gives way. It is only computed
 * again, so no counter counts it.
 */
export { LRUCache as RecentlyUsed } from 'lru-cache';
