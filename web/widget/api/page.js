/* What a report says about the page and the browser. Nothing here reads layout. */

const BRANDS = /** @type {[RegExp, string][]} */ ([
	[/Edg(?:e|A|iOS)?\/([\d.]+)/, 'Edge'], [/OPR\/([\d.]+)/, 'Opera'], [/SamsungBrowser\/([\d.]+)/, 'Samsung Internet'],
	[/(?:Firefox|FxiOS)\/([\d.]+)/, 'Firefox'], [/(?:Chrome|CriOS)\/([\d.]+)/, 'Chrome'], [/Version\/([\d.]+).*Safari/, 'Safari'],
]);

/** @param {string} agent @returns {{name: string, version: string}} */
export function browserOf(agent) {
	for (const [pattern, name] of BRANDS) {
		const found = pattern.exec(agent);
		if (found) return {name, version: found[1]};
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
		time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
		connection: nav.connection?.effectiveType ?? null,
	};
}
