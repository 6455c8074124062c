/* Who the user is: the merge rule of identify(), and what of a value may travel. */

/** @typedef {Record<string, any> & {id: string}} User */

const RESERVED = ['user_id', 'userId'];
const UNSAFE = ['__proto__', 'constructor', 'prototype'];
const MANY = 10;

/**
 * Plain JSON data of bounded depth; anything else becomes text or is left out.
 * @param {unknown} value
 * @param {number} [depth]
 * @returns {any} undefined: leave it out
 */
export function plain(value, depth = 4) {
	if (value === null || typeof value === 'boolean') return value;
	if (typeof value === 'string') return value.slice(0, 10_000);
	if (typeof value === 'number') return Number.isFinite(value) ? value : null;
	if (typeof value === 'bigint') return `${value}`;
	if (typeof value !== 'object' || depth === 0) return undefined;
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
	if (Array.isArray(value)) return value.slice(0, 100).map(item => plain(item, depth - 1) ?? null);
	/** @type {Record<string, any>} */
	const out = {};
	for (const key of Object.keys(value).slice(0, 100)) {
		if (UNSAFE.includes(key)) continue;
		const item = plain(/** @type {any} */ (value)[key], depth - 1);
		if (item !== undefined) out[key] = item;
	}
	return out;
}

/**
 * The user after identify(given): the id is replaced, the rest merged; undefined keeps, null clears.
 * @param {User | null} before
 * @param {unknown} given
 * @param {{error: (text: string) => void, warn: (text: string) => void}} say
 * @returns {User | null} null: nothing usable was given
 */
export function mergeUser(before, given, say) {
	const {id, ...rest} = Object(given);
	const text = typeof id === 'number' || typeof id === 'bigint' ? `${id}` : id;
	if (typeof text !== 'string' || text === '') {
		say.error('Rearview.identify() needs an object with an id, a text or a number.');
		return null;
	}
	const user = /** @type {User} */ ({...before, id: text.slice(0, 256)});
	for (const [key, value] of Object.entries(rest)) {
		const item = plain(value);
		if (RESERVED.includes(key)) say.error(`Rearview.identify(): "${key}" is a reserved name, left out.`);
		else if (value === null) delete user[key];
		else if (item !== undefined && !UNSAFE.includes(key)) user[key] = item;
	}
	const count = Object.keys(user).length;
	if (count > MANY) say.warn(`Rearview.identify(): ${count} properties, more than ${MANY} are not recommended.`);
	return user;
}
