/* The look: custom properties for both schemes, with the workspace's theme put over them. Constructed style
 * sheets, which a page's policy lets through; where there are none, style elements with the page's nonce. */

const LIGHT = '--rv-page:#fbfbfc;--rv-surface:#fff;--rv-raised:#fff;--rv-line:#e4e6eb;--rv-line-strong:#c9cdd6;--rv-edge:#868d9b;--rv-text:#16181d;--rv-muted:#565d6b;--rv-faint:#6b7282;--rv-accent:#4338ca;--rv-on-accent:#fff;--rv-error:#b42318;--rv-warning:#8a5a00;--rv-success:#136c34;--rv-shadow:0 8px 32px rgb(16 20 32/.18),0 1px 4px rgb(16 20 32/.12);color-scheme:light!important;';
const DARK = '--rv-page:#0e1014;--rv-surface:#15181e;--rv-raised:#1b1f27;--rv-line:#272b33;--rv-line-strong:#3a404c;--rv-edge:#717a8a;--rv-text:#e8eaee;--rv-muted:#a0a8b6;--rv-faint:#7c8494;--rv-accent:#a5a0ff;--rv-on-accent:#0e1014;--rv-error:#ff8a7a;--rv-warning:#f2c14e;--rv-success:#6bd38f;--rv-shadow:0 8px 32px rgb(0 0 0/.5),0 0 0 1px #3a404c;color-scheme:dark!important;';
const FORCED = '--rv-page:Canvas;--rv-surface:Canvas;--rv-raised:Canvas;--rv-line:CanvasText;--rv-line-strong:CanvasText;--rv-edge:CanvasText;--rv-text:CanvasText;--rv-muted:CanvasText;--rv-faint:CanvasText;--rv-accent:Highlight;--rv-on-accent:HighlightText;--rv-error:CanvasText;--rv-warning:CanvasText;--rv-success:CanvasText;--rv-shadow:none;';
const SHAPE = '--rv-radius:6px;--rv-radius-panel:10px;--rv-font:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;--rv-mono:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;--rv-motion:150ms;';
const BASE = '*,*::before,*::after{box-sizing:border-box}[hidden]{display:none!important}:focus-visible{outline:2px solid var(--rv-accent);outline-offset:2px}';

/** @param {number} c  0 to 255 */
const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
/** @param {number[]} rgb */
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
/** @param {number[]} a @param {number[]} b */
export const contrast = (a, b) => {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high + 0.05) / (low + 0.05);
};
/** @param {number[]} rgb */
const hex = rgb => `#${rgb.map(c => Math.round(c).toString(16).padStart(2, '0')).join('')}`;

/**
 * The colour, moved towards white or black until it is told apart from the background.
 * @param {number[]} rgb @param {number[]} background @param {number} least
 */
const readable = (rgb, background, least) => {
	const to = luminance(background) > 0.4 ? 0 : 255;
	for (let part = 0; part <= 1; part += 0.05) {
		const mixed = rgb.map(c => c + (to - c) * part);
		if (contrast(mixed, background) >= least) return mixed;
	}
	return [to, to, to];
};

/** @param {string} color  #rgb or #rrggbb @returns {number[] | null} */
const rgbOf = color => {
	const [, digits] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color) ?? [];
	if (!digits) return null;
	const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
	return [0, 2, 4].map(at => parseInt(long.slice(at, at + 2), 16));
};

/** @param {any} theme @param {number[]} background @returns {string} */
const accent = (theme, background) => {
	const rgb = rgbOf(`${theme?.color ?? ''}`);
	if (!rgb) return '';
	const own = readable(rgb, background, 4.5);
	return `--rv-accent:${hex(own)};--rv-on-accent:${contrast(own, [255, 255, 255]) >= 4.5 ? '#fff' : '#0e1014'};`;
};

/** @param {any} theme */
const shape = theme => {
	const radius = Number(theme?.radius);
	const font = typeof theme?.font === 'string' ? theme.font.replace(/[;{}<>\\]/g, '') : '';
	return (theme?.radius != null && theme.radius !== '' && radius >= 0 && radius <= 32 ? `--rv-radius:${radius}px;--rv-radius-panel:${Math.round(radius * 1.6)}px;` : '')
		+ (font ? `--rv-font:${font},system-ui,sans-serif;` : '');
};

/** @param {any} theme  the configuration's @returns {string} */
export function tokens(theme) {
	const scheme = theme?.scheme;
	const light = LIGHT + accent(theme, [255, 255, 255]);
	const dark = DARK + accent(theme, [0x1b, 0x1f, 0x27]);
	const schemes = scheme === 'light' ? `:host{${light}}` : scheme === 'dark' ? `:host{${dark}}` : `:host{${light}}@media (prefers-color-scheme:dark){:host{${dark}}}`;
	return `${schemes}:host{${SHAPE}${shape(theme)}font:400 14px/1.45 var(--rv-font)!important;color:var(--rv-text)!important}@media (prefers-reduced-motion:reduce){:host{--rv-motion:0ms}}@media (forced-colors:active){:host{${FORCED}}}${BASE}`;
}

/**
 * @param {Window & typeof globalThis} win
 * @param {ShadowRoot} root
 * @param {string} css
 * @param {string} [nonce]
 * @returns {() => void} takes it away again
 */
export function style(win, root, css, nonce) {
	try {
		const sheet = new win.CSSStyleSheet();
		sheet.replaceSync(css);
		root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
		return () => {
			root.adoptedStyleSheets = root.adoptedStyleSheets.filter(other => other !== sheet);
		};
	} catch {
		const element = win.document.createElement('style');
		if (nonce) element.nonce = nonce;
		element.textContent = css;
		root.append(element);
		return () => element.remove();
	}
}

/** @param {Window & typeof globalThis} win @param {ShadowRoot} root @param {string} css @param {any} theme @param {string} [nonce] */
export const sheetOf = (win, root, css, theme, nonce) => style(win, root, `${css}${tokens(theme)}`, nonce);
