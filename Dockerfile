# The command in a container. Build it first: `npm ci && npm run build`, then `docker build -t usage-sync .`;
# docs/deploying.md says how to run it.
FROM node:24-slim

# The command is one bundle that needs no package beside it; it finds the mappings two folders above.
WORKDIR /opt/usage-sync
COPY package.json LICENSE NOTICE ./
COPY mappings/*.yaml mappings/
COPY dist/cli/usage-sync.js dist/cli/
RUN chmod 755 dist/cli/usage-sync.js \
  && ln -s /opt/usage-sync/dist/cli/usage-sync.js /usr/local/bin/usage-sync \
  && mkdir /data \
  && chown node:node /data

# Cells, state and reports: mount a volume here that the user `node` (1000) may write.
USER 1000:1000
WORKDIR /data
ENV NODE_ENV=production
ENTRYPOINT ["usage-sync"]
CMD ["--help"]
