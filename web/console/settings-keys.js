/**
 * Words for the configuration's keys. Which keys exist, their types, bounds, defaults and effects
 * come from the collector; here is what only a page needs: a label, a unit and with it the effect in
 * that unit, a consequence.
 */

/** @typedef {{key: string, type: string, min?: number, max?: number, choices?: string[], default: unknown, description: string}} Key */
/** @typedef {{label?: string, what?: string, unit?: string, scale?: number, about?: string, consequence?: string, placeholder?: string, none?: string, hint?: string, choices?: Record<string, string>}} Words */

/** Sections in order: group of the key, title, introduction. @type {[string, string, string][]} */
export const GROUPS = [
	['privacy', 'Privacy', 'What never leaves the page. A masked value is replaced in the browser, before anything is stored or sent.'],
	['capture', 'Recording', 'What a report holds.'],
	['actions', 'Actions', 'How your servers reach a user\'s page.'],
	['modules', 'Feedback panel', 'What people see when they report a problem.'],
	['theme', 'Look', 'The launcher, the panel and the tools for pictures and recordings. Each of it is loaded when it is first needed.'],
	['screenshot', 'Picture', ''],
	['recording', 'Screen recording', ''],
	['features', 'Compatibility', ''],
	['site', 'Site', ''],
	['other', 'More', ''],
];

/** @type {Record<string, Words>} */
export const WORDS = {
	'modules.feedback.enabled': { label: 'Feedback panel', about: 'Effect on the page', consequence: 'switched off, reports come only from your code, from errors and from your servers.' },
	'modules.feedback.launcher': { label: 'Launcher', choices: { button: 'A button in a corner', hidden: 'Hidden' }, about: 'Effect on the page', consequence: 'the button is loaded once the page is idle. An element with data-rv-open opens the panel in either case.' },
	'modules.feedback.label': { label: 'Text of the launcher', none: 'in the reader’s language' },
	'modules.feedback.types': { label: 'Types', placeholder: 'bug' },
	'modules.feedback.email': { label: 'E-mail', choices: { optional: 'Optional', required: 'Required', hidden: 'Not asked' }, consequence: 'an address that is entered is stored with the report and shown to everybody who can read it.' },
	'modules.feedback.fields': { label: 'Custom fields', consequence: 'what people enter is stored with the report as they enter it.' },
	'theme.color': { label: 'Colour', placeholder: '#4338ca', none: 'Rearview’s own', about: 'Legibility', consequence: 'a colour with too little contrast is darkened or lightened until it has enough.' },
	'theme.scheme': { label: 'Light or dark', choices: { auto: 'As the browser', light: 'Light', dark: 'Dark' } },
	'theme.position': { label: 'Corner', choices: { 'bottom-right': 'Bottom right', 'bottom-left': 'Bottom left', 'top-right': 'Top right', 'top-left': 'Top left' } },
	'theme.locale': { label: 'Language', choices: { '': 'The page’s', en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español', ja: '日本語', ar: 'العربية' } },
	'theme.radius': { label: 'Corners', unit: 'px' },
	'theme.font': { label: 'Font', placeholder: 'Inter, sans-serif', none: 'the system’s', about: 'CSP', consequence: 'a font the page does not load already is not loaded; the next family of the list is used.' },
	'theme.labels': { label: 'Labels', placeholder: 'ui.title = Tell us', hint: 'One a line: key = text.' },
	'theme.custom_css': { label: 'Custom CSS', placeholder: '.panel { border-width: 2px }', none: 'none', about: 'CSP', consequence: 'it is a constructed sheet, which style-src does not concern; pictures and fonts it names must be allowed by img-src and font-src.' },
	'screenshot.attach': { label: 'Take a picture by itself', about: 'CSP', consequence: 'img-src must allow data:. What is masked or blocked on the page is masked in the picture.' },
	'recording.max_ms': { label: 'Longest recording', what: 'Recording stops by itself after this time.', unit: 'seconds', scale: 1000, consequence: 'a screen recording shows what is on the screen, other windows too if people choose them.' },
	'recording.microphone': { label: 'Offer the microphone', consequence: 'voices are recorded with the screen. The browser asks first.' },
	'site.name': { label: 'Site name' },
	allowed_origins: { label: 'Allowed origins', placeholder: 'https://app.example.com', about: 'Access', consequence: 'browsers on other origins cannot send reports with this project key. Anyone outside a browser still can: the key is public.' },
	'actions.always_connect': { label: 'Always connect Action WebSockets', what: 'Every page keeps a connection open so that the Action API can reach its user. Takes effect at the next page load.', about: 'CSP', consequence: 'connect-src must allow the WebSocket address given under Install.' },
	'capture.window_ms': { label: 'Window', what: 'How much of the past a report holds.', unit: 'seconds', scale: 1000, consequence: 'a longer window holds more of what people did before they asked for help.' },
	'capture.max_bytes': { label: 'Memory limit', what: 'Most memory the recorded past may take in the page, compressed. When it is full the oldest part goes first.', unit: 'MiB', scale: 1 << 20, about: 'Effect on the page', consequence: 'kept in memory and in the browser\'s own storage, masked as it is sent.' },
	'capture.console': { label: 'Console', consequence: 'messages may name people. E-mail addresses, card numbers and tokens are removed, and what your patterns match.' },
	'capture.network': { label: 'Network', consequence: 'addresses may name people in their query; they are redacted like console text. Of headers and bodies nothing is recorded but what you list.' },
	'capture.network_headers': { label: 'Headers', placeholder: 'x-request-id', consequence: 'a header may name people. Authorization and cookies are never kept.' },
	'capture.network_bodies': { label: 'Bodies', placeholder: 'https://api.example.com/orders', consequence: 'bodies hold what people entered. They are redacted like console text, and cut.' },
	'capture.assets': { label: 'Pictures, style sheets and fonts', what: 'Keep what a recording refers to with its report, so that a replay looks right after the next deploy and never asks the site\'s own hosts.', about: 'CSP', consequence: 'the worker fetches their addresses after the report is sent, mostly from the browser\'s cache; what connect-src does not allow stays out. Pictures on the page may show people\'s data; blocked elements are left out, and at level strict every picture.' },
	'capture.canvas': { label: 'Canvases', what: 'Record the last frames of canvases on screen, at most every two seconds.', consequence: 'a canvas is recorded as a picture: text drawn on it is not masked. Block those that show people\'s data.' },
	'privacy.level': { label: 'Level', what: 'What is hidden everywhere on the page. Passwords, one-time codes and card fields are never read, whatever the level.', choices: { inputs: 'Inputs: mask what people type', strict: 'Strict: mask all text, block media', none: 'None: mask nothing' }, consequence: 'with “none”, whatever people type can be read in the replay.' },
	'privacy.mask_selectors': { label: 'Mask text in', placeholder: '.customer-name', consequence: 'every character but white space becomes *.' },
	'privacy.block_selectors': { label: 'Leave out', placeholder: '#medical-record', consequence: 'nothing inside is read.' },
	'privacy.redact_patterns': { label: 'Remove text like', placeholder: 'CUST-[0-9]+', consequence: 'applies to console, network and addresses, not to the page itself: use masks there.' },
	'privacy.honor_gpc': { label: 'Honour Global Privacy Control', consequence: 'people whose browser asks for it cannot send reports.' },
	'features.bugpilot_alias': { label: 'Answer to “Bugpilot”', about: 'Effect on the page', consequence: 'a page that calls Bugpilot.identify and its like works unchanged.' },
};

/** What stands in the form for a value. @param {Key} spec @param {unknown} value @returns {string|boolean} */
export function draftOf(spec, value) {
	if (spec.type === 'boolean') return value === true;
	if (spec.type === 'fields') return JSON.stringify(value ?? []);
	if (spec.type === 'labels') return Object.entries(value ?? {}).map(([key, text]) => `${key} = ${text}`).join('\n');
	if (Array.isArray(value)) return value.join('\n');
	if (typeof value === 'number') return String(Math.round(value / (WORDS[spec.key]?.scale ?? 1) * 1000) / 1000);
	return value === null || value === undefined ? '' : String(value);
}

/**
 * The value of what stands in the form, or what is wrong with it.
 * @param {Key} spec @param {string|boolean} draft
 * @returns {{value: unknown} | {problem: string}}
 */
export function readDraft(spec, draft) {
	if (typeof draft === 'boolean' || spec.type === 'choice') return { value: draft };
	if (spec.type === 'integer') {
		const { scale = 1, unit = '' } = WORDS[spec.key] ?? {}, value = Number(draft.trim().replace(',', '.')) * scale;
		const low = (spec.min ?? -Infinity) / scale, high = (spec.max ?? Infinity) / scale;
		if (draft.trim() === '' || !Number.isFinite(value)) return { problem: 'Enter a number.' };
		if (value < (spec.min ?? -Infinity) || value > (spec.max ?? Infinity)) return { problem: `Enter a number from ${low.toLocaleString()} to ${high.toLocaleString()}${unit ? ` ${unit}` : ''}.` };
		return { value: Math.round(value) };
	}
	if (spec.type === 'fields') return { value: JSON.parse(draft).map((/** @type {any} */ { key, label, type, required, options }) => ({ key: key.trim(), label: label.trim(), type, required, options: type === 'select' ? options.map((/** @type {string} */ it) => it.trim()).filter(Boolean) : [] })) };
	if (spec.type === 'labels') {
		/** @type {Record<string, string>} */
		const labels = Object.create(null);
		for (const [i, line] of draft.split('\n').entries()) {
			if (!line.trim()) continue;
			const found = /^\s*([^=\s]+)\s*=\s*(.*\S)\s*$/.exec(line);
			if (!found) return { problem: `Line ${i + 1}: write key = text.` };
			labels[found[1]] = found[2];
		}
		return { value: labels };
	}
	if (spec.type === 'css') return { value: draft.trim() };
	if (['text', 'color', 'font'].includes(spec.type)) return draft.trim().length < (spec.min ?? 0) ? { problem: 'This may not be empty.' } : { value: draft.trim() };
	const items = draft.split('\n').map((line) => line.trim()).filter(Boolean);
	return items.length > (spec.max ?? Infinity) ? { problem: `At most ${spec.max} lines.` } : { value: items };
}
