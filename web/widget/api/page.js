/* What a report says about the page and the browser. Nothing here reads layout.
 * The time zone is the worker's to say: asking for it the first time takes 20 ms. */

/** What the user agent string calls the browsers; the more particular first. */
const BRANDS = {Edg: 'Edge', EdgA: 'Edge', EdgiOS: 'Edge', OPR: 'Opera', SamsungBrowser: 'Samsung Internet', Firefox: 'Firefox', FxiOS: 'Firefox', Chrome: 'Chrome', CriOS: 'Chrome', Version: 'Safari'};

/** @param {string} agent @returns {{name: string, version: string}} */
export function browserOf(agent) {
	for (const [mark, name] of Object.entries(BRANDS)) {
		const found = agent.split(`${mark}/`)[1];
		if (found) return {name, version: found.split(' ')[0]};
	}
	return {name: '', version: ''};
}

/**
 * @param {Window & typeof globalThis} win
 * @param {{width: number, height: number}} viewport
 */
export function pageMeta(win, viewport) {
	const {location, document, navigator, screen} = win;
	const nav = /** @type {any} */ (navigator);
	return {
		url: location.href,
		path: location.pathname,
		page_title: document.title,
		referrer: document.referrer,
		viewport,
		screen: {width: screen.width, height: screen.height},
		device_pixel_ratio: win.devicePixelRatio,
		browser: browserOf(navigator.userAgent),
		platform: nav.userAgentData?.platform || navigator.platform,
		language: navigator.language,
		connection: nav.connection?.effectiveType ?? null,
	};
}
