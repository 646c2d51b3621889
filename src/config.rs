//! Boot settings: `config.toml`, environment, `--set`.
