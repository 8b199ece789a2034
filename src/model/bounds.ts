/** Bounds that more than one stage keeps to. All others stand where they are kept; docs/windows.md lists what gives way. */

/** Claimed client addresses that a hit and a risk event carry: the ones nearest to the client, which real proxies are likeliest to have added. */
export const CLAIMED_MAX = 16;

/** Audit-IDs that a window keeps and a risk event carries: the first ones. */
export const AUDIT_IDS_MAX = 20;

/**
 * Members of a group field, and combinations of several, that one event (or one detection) counts under: the last ones,
 * since clients can write whatever they like before those.
 */
export const GROUP_MEMBERS_MAX = 16;
