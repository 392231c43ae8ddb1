# The workspace's stylesheet and script. Node is needed here only: the results are committed.

ASSETS_OUT := kpi_cms/interfaces/workspace/static/workspace

.PHONY: assets assets-check

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed to build the assets; running the product needs neither."; exit 1; }
	cd frontend && npm ci --no-progress

assets: frontend/node_modules/.package-lock.json  ## Build site.css and site.js
	cd frontend && node build.mjs

assets-check: frontend/node_modules/.package-lock.json  ## Rebuild them elsewhere and compare bytes
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && (cd frontend && node build.mjs "$$out") \
	&& cmp "$$out/site.css" $(ASSETS_OUT)/site.css && cmp "$$out/site.js" $(ASSETS_OUT)/site.js \
	&& echo "The committed assets are what the sources build." \
	|| { echo "Run make assets and commit the result."; exit 1; }
