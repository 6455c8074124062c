#include "snippet.h"

/* All three are of a few harmless characters: ids are ours, and a base URL is an origin. */
static void address(const char *base, const char *workspace_id, struct rv_buf *out)
{
	rv_buf_str(out, "\"");
	rv_buf_str(out, base);
	rv_buf_str(out, "/");
	rv_buf_str(out, workspace_id);
	rv_buf_str(out, "/rearview.js\"");
}

void rv_snippet_script(const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	rv_buf_str(out, "(function(w,d,u,s){var r=w.Rearview=w.Rearview||{q:[]};if(!r.q)return;\n"
		"\"init identify logout saveReport exportReplay takeScreenshot on off pause resume consent destroy\".split(\" \").forEach(function(m){r[m]=r[m]||function(){var a=arguments;"
		"if(!/^(init|saveReport|exportReplay|takeScreenshot)$/.test(m)){r.q.push([m,a]);return}return new Promise(function(y,n){r.q.push([m,a,y,n])})}});\n"
		"s=d.createElement(\"script\");s.async=true;s.src=u;d.head.appendChild(s)})(window,document,");
	address(base, workspace_id, out);
	rv_buf_str(out, ");\nRearview.init({projectKey:\"");
	rv_buf_str(out, project_key);
	rv_buf_str(out, "\"});");
}

void rv_snippet_tag(const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	rv_buf_str(out, "<script async src=");
	address(base, workspace_id, out);
	rv_buf_str(out, " data-project=\"");
	rv_buf_str(out, project_key);
	rv_buf_str(out, "\"></script>");
}
