//! THE table of settings. One row is a field, its type, its default, where it makes sense the
//! numbers it may have, and (as the doc comment) its meaning in one line for the operator.
//!
//! Types say how a value is written: `u32` a number, `u64` a size in bytes, `Duration` whole
//! seconds; see `value.rs` for all of them.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::BaseUrl;
use super::value::{EmailTls, EmailTransport, Secret, Synchronous, Value};

/// One row of the table, for the code that reads, lists and explains settings.
pub struct Key {
    /// `section.key`
    pub name: &'static str,
    /// One line for the operator.
    pub meaning: &'static str,
    /// The numbers allowed; settings that are not numbers ignore it.
    pub(super) range: RangeInclusive<u64>,
    /// Where the value lives.
    pub(super) field: fn(&mut Config) -> &mut dyn Value,
}

impl Key {
    /// The part before the dot.
    pub fn section(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(section, _)| section)
    }

    /// The environment variable that sets this key.
    pub fn variable(&self) -> String {
        format!(
            "KENOMA_{}",
            self.name.replace('.', "_").to_ascii_uppercase()
        )
    }
}

/// A section as the example file introduces it.
pub struct Section {
    /// The name in `[brackets]`.
    pub name: &'static str,
    /// One line about what belongs here.
    pub about: &'static str,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// bcrypt at this cost takes a good part of a second; small boards get a lower one.
const PASSWORD_COST: u32 = if cfg!(any(target_arch = "arm", target_arch = "aarch64")) {
    10
} else {
    12
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Turns the rows below into a struct per section, `Config` over them, and `KEYS`/`SECTIONS`.
macro_rules! settings {
    ($(
        #[doc = $about:literal]
        $section:ident: $Section:ident {
            $( #[doc = $meaning:literal] $key:ident: $type:ty = $default:expr $(, in $range:expr)?; )+
        }
    )+) => {
        $(
            #[doc = $about]
            #[derive(Clone, Debug)]
            pub struct $Section { $( #[doc = $meaning] pub $key: $type, )+ }

            impl Default for $Section {
                fn default() -> Self {
                    Self { $( $key: $default, )+ }
                }
            }
        )+

        /// All boot settings. `Default` is what an empty `config.toml` gives.
        #[derive(Clone, Debug, Default)]
        pub struct Config { $( #[doc = $about] pub $section: $Section, )+ }

        /// Every section, in the order of the example file.
        pub static SECTIONS: &[Section] = &[
            $( Section { name: stringify!($section), about: $about.trim_ascii_start() }, )+
        ];

        /// Every key, grouped by section.
        pub static KEYS: &[Key] = &[
            $( $( Key {
                name: concat!(stringify!($section), ".", stringify!($key)),
                meaning: $meaning.trim_ascii_start(),
                range: settings!(@range $($range)?),
                field: |config| &mut config.$section.$key,
            }, )+ )+
        ];
    };
    (@range) => { 0..=u32::MAX as u64 };
    (@range $range:expr) => { $range };
}

settings! {
    /// What this instance is and who may join it.
    instance: Instance {
        /// Name shown to people and clients.
        name: String = "kenoma".into();
        /// Short description of the instance; HTML is not interpreted.
        description: String = String::new();
        /// Address under which the operator can be reached; shown publicly.
        contact_email: String = String::new();
        /// Whether anyone may register.
        registrations_open: bool = false;
        /// Whether new accounts wait for an admin.
        account_approval_required: bool = false;
        /// Whether new accounts must confirm their e-mail address.
        account_activation_required: bool = false;
        /// Whether an invite token lets someone register while registrations are closed.
        invites_enabled: bool = false;
        /// Characters in a post.
        limit: u32 = 5000, in 1..=100_000;
        /// Characters in the description of an attached file.
        description_limit: u32 = 5000, in 1..=100_000;
        /// Characters in the biography of a profile.
        bio_limit: u32 = 5000, in 1..=100_000;
        /// Characters in a display name.
        name_limit: u32 = 100, in 1..=1000;
        /// Posts that a person may pin to the profile.
        max_pinned: u32 = 5, in 0..=20;
        /// Whether pages that posts link to are asked for a preview of themselves.
        link_previews: bool = true;
        /// Whether visitors without an account may read public timelines and profiles.
        public: bool = true;
        /// Whether /api/pleroma/healthcheck answers.
        healthcheck: bool = true;
        /// Software name that NodeInfo tells other servers and clients.
        advertised_name: String = "kenoma".into();
        /// Whether posts show who reacted with which emoji.
        show_reactions: bool = true;
        /// Languages spoken here, most important first, as codes such as "en".
        languages: Vec<String> = vec!["en".into()];
    }

    /// The image puzzle at registration.
    captcha: Captcha {
        /// Whether registering needs a captcha; "auto" means: when registrations are open.
        enabled: Option<bool> = None;
        /// Seconds in which a captcha must be solved.
        seconds_valid: Duration = seconds(300), in 10..=86_400;
    }

    /// Outgoing mail.
    email: Email {
        /// Where mail goes: "file" writes mail/*.eml in the data directory, "smtp" sends it.
        transport: EmailTransport = EmailTransport::File;
        /// Sender address, or "Name <address>"; empty means kenoma@ and the host of server.url.
        from: String = String::new();
        /// Mail server.
        host: String = String::new();
        /// Port of the mail server; 0 means the usual one for email.tls (587, 465 or 25).
        port: u32 = 0, in 0..=65_535;
        /// User name at the mail server; empty means no login.
        user: String = String::new();
        /// Password at the mail server.
        password: Secret = Secret::default();
        /// Protection of the connection: "starttls", "wrapper" (TLS at once) or "none".
        tls: EmailTls = EmailTls::Starttls;
    }

    /// Exchange with other servers.
    federation: Federation {
        /// Whether ActivityPub is spoken with other servers.
        enabled: bool = true;
        /// Whether loopback and private addresses, and plain http, count as the fediverse too.
        allow_private_addresses: bool = false;
        /// Whether other servers must sign their requests to see anything but keys.
        authorized_fetch: bool = false;
        /// Seconds until what another server did not take is tried again; the later tries are multiples of it.
        retry_seconds: u32 = 60, in 1..=3600;
        /// Days that posts of other servers are kept which nobody here follows, answered, boosted or marked; 0: for ever.
        keep_days: u32 = 90, in 0..=36_500;
        /// Whether only those servers are spoken with that an admin allowed.
        allow_list: bool = false;
        /// Whether people elsewhere are told that somebody here blocks them. Many servers show it to them.
        outgoing_blocks: bool = false;
        /// Second switch that federation.allow_private_addresses needs on a public server.url.
        allow_private_addresses_on_public_url: bool = false;
    }

    /// Limits on how often something may be done.
    rate_limit: RateLimit {
        /// Whether logins, registrations, posts, uploads and anonymous reads are limited.
        enabled: bool = true;
    }

    /// Sizes of uploaded files.
    upload: Upload {
        /// Largest file that may be uploaded.
        limit: u64 = 16 * MIB, in KIB..=4 * GIB;
        /// Largest avatar.
        avatar_limit: u64 = 2_000_000, in KIB..=64 * MIB;
        /// Largest profile header or background.
        header_limit: u64 = 4_000_000, in KIB..=64 * MIB;
    }

    /// Pictures, sound and films of other servers.
    media_proxy: MediaProxy {
        /// Whether clients get them through this server, which then alone is seen by the others; false: from where they lie.
        enabled: bool = false;
        /// Bytes of them that are kept in cache/media/ of the data directory; 0: none.
        cache: u64 = 512 * MIB, in 0..=1024 * GIB;
        /// Days that one is kept there.
        cache_days: u32 = 7, in 1..=365;
    }

    /// How the server is reached.
    server: Server {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);
        /// Public address, such as "https://example.org"; empty means server.listen over http.
        url: Option<BaseUrl> = None;
        /// What follows the @ in handles, where that is not the host of server.url; it cannot be changed later.
        domain: String = String::new();
        /// Whether slow and oversized requests are stopped here; false leaves that to a proxy.
        front_door: bool = true;
        /// Proxies whose X-Forwarded-For is believed.
        trusted_proxies: Vec<IpAddr> =
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        /// Threads that answer requests; 0 chooses by the machine.
        threads: u32 = 0, in 0..=256;
    }

    /// Web clients in static/frontends/.
    frontend: Frontend {
        /// Folder of the web client that people get in place of the built-in pages; empty: none.
        primary: String = String::new();
    }

    /// The database file.
    storage: Storage {
        /// "full": an acknowledged write survives a power cut; "normal": faster, may lose the last.
        synchronous: Synchronous = Synchronous::Full;
        /// Page cache per database connection, in KiB.
        cache_kib: u32 = 2048, in 64..=1_048_576;
        /// Connections that only read; 0 chooses by the machine.
        readers: u32 = 0, in 0..=64;
    }

    /// What one client may take from the server.
    limits: Limits {
        /// Open connections in all.
        connections: u32 = 512, in 8..=65_536;
        /// Open connections from one address.
        connections_per_address: u32 = 32, in 1..=65_536;
        /// Open streams in all; each costs a socket and a few KiB, not a thread.
        streams: u32 = 512, in 0..=65_536;
        /// Open streams of one person, or of one address without login: a client opens one per device, or one per timeline.
        streams_per_user: u32 = 256, in 1..=65_536;
        /// Size of a request head.
        head: u64 = 16 * KIB, in KIB..=64 * KIB;
        /// Size of a request body that is not an upload.
        body: u64 = MIB, in KIB..=16 * MIB;
        /// Seconds in which a request head must arrive.
        head_timeout: Duration = seconds(10), in 1..=600;
        /// Seconds in which a request body must arrive.
        body_timeout: Duration = seconds(300), in 1..=3600;
        /// Seconds that an idle connection stays open.
        idle_timeout: Duration = seconds(30), in 1..=3600;
        /// Seconds in which a client must take the answer.
        write_timeout: Duration = seconds(60), in 1..=3600;
    }

    /// Lifetimes of what OAuth hands out.
    oauth: Oauth {
        /// Days that an access token lives.
        token_days: u32 = 36_500, in 1..=36_500;
        /// Minutes that an authorization code waits to be exchanged.
        code_minutes: u32 = 10, in 1..=10;
    }

    /// How passwords are stored.
    password: Password {
        /// bcrypt cost: one more doubles the time of a login and of a guess.
        cost: u32 = PASSWORD_COST, in 4..=14;
    }

    /// Access for administration scripts.
    admin: Admin {
        /// Secret that acts as an admin in X-Admin-Token; empty switches this off.
        token: Secret = Secret::default();
    }
}
