/**
 * The one cache of the house: a map of a bounded number of entries, of which the one that was asked for longest ago gives
 * way. What gives way is only made again, so it is not counted.
 */
export { LRUCache as RecentlyUsed } from 'lru-cache';
