use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("baohao-seal-{:016x}", crate::entropy::below(u64::MAX));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn the_first_start_makes_the_file_and_the_next_one_reads_it() {
    let folder = Folder::new();
    let first = Keyring::open_or_create(&folder.keys()).unwrap();
    let again = Keyring::open_or_create(&folder.keys()).unwrap();
    let key = DataKey::generate(5);
    let sealed = key.seal(b"plain", b"");
    let opened = again.unwrap(5, &first.wrap(&key)).unwrap().open(&sealed, b"").unwrap();
    assert_eq!(opened, b"plain");
    assert_eq!(first.blind("t.c", "v"), again.blind("t.c", "v"));
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "no draft is left behind");
}

#[test]
fn programs_that_start_at_once_agree_on_the_keys() {
    let folder = Folder::new();
    let path = folder.keys();
    let start = || Keyring::open_or_create(&path).unwrap().fingerprint().to_owned();
    let names: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_file_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    Keyring::open_or_create(&folder.keys()).unwrap();
    let mode = std::fs::metadata(folder.keys()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for open in [0o640, 0o604, 0o620, 0o602, 0o644, 0o666] {
        std::fs::set_permissions(folder.keys(), PermissionsExt::from_mode(open)).unwrap();
        let error = Keyring::open_or_create(&folder.keys()).unwrap_err();
        assert!(matches!(error, KeyFileError::OpenToOthers { mode } if mode == open));
        assert!(error.to_string().contains("chmod 600"));
    }
}

#[test]
fn every_damage_is_noticed_and_nothing_is_overwritten() {
    let folder = Folder::new();
    Keyring::create(&folder.keys()).unwrap();
    assert!(matches!(Keyring::create(&folder.keys()), Err(KeyFileError::Exists)));
    let whole = std::fs::read(folder.keys()).unwrap();
    // The final line break may be missing; everything else counts.
    for cut in 0..whole.len() - 1 {
        std::fs::write(folder.keys(), &whole[..cut]).unwrap();
        assert!(Keyring::open(&folder.keys()).is_err(), "cut to {cut} bytes");
    }
    for at in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(folder.keys(), &changed).unwrap();
        assert!(Keyring::open_or_create(&folder.keys()).is_err(), "byte {at} changed");
        assert_eq!(std::fs::read(folder.keys()).unwrap(), changed, "left as it was");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = Folder::new();
    for (text, want) in [
        ("", "does not begin with"),
        ("-----BEGIN PRIVATE KEY-----\n", "does not begin with"),
        ("baohao keys 1\nwrap 1 AAAA\n", "check line is missing"),
        ("baohao keys 2\n", "newer program"),
    ] {
        std::fs::write(folder.keys(), text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(
            folder.keys(),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        let error = Keyring::open(&folder.keys()).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
    let missing = Keyring::open(&folder.0.join("none")).unwrap_err();
    assert!(matches!(missing, KeyFileError::Missing));
}

#[test]
fn after_a_rotation_old_wraps_open_and_ask_to_be_renewed() {
    let folder = Folder::new();
    let old = Keyring::create(&folder.keys()).unwrap();
    let key = DataKey::generate(9);
    let wrapped = old.wrap(&key);
    let new = Keyring::rotate(&folder.keys()).unwrap();
    assert_eq!((old.version(), new.version()), (1, 2));
    assert_eq!(old.fingerprint(), new.fingerprint());
    assert!(!old.needs_rewrap(&wrapped) && new.needs_rewrap(&wrapped));
    let again = new.wrap(&new.unwrap(9, &wrapped).unwrap());
    assert!(!new.needs_rewrap(&again));
    let reopened = Keyring::open(&folder.keys()).unwrap();
    assert!(reopened.unwrap(9, &again).is_ok() && reopened.unwrap(9, &wrapped).is_ok());
    assert_eq!(old.unwrap(9, &again).unwrap_err(), OpenError);
}

#[test]
fn a_wrapped_key_opens_only_under_its_id_unharmed_and_with_its_keyring() {
    let folder = Folder::new();
    let keyring = Keyring::create(&folder.keys()).unwrap();
    let stranger = Keyring::create(&folder.0.join("other")).unwrap();
    let wrapped = keyring.wrap(&DataKey::generate(1));
    assert!(keyring.unwrap(2, &wrapped).is_err() && stranger.unwrap(1, &wrapped).is_err());
    for bit in 0..wrapped.len() * 8 {
        let mut changed = wrapped.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(keyring.unwrap(1, &changed).is_err(), "bit {bit}");
    }
}

#[test]
fn blind_indexes_differ_by_column_value_and_key_file() {
    let folder = Folder::new();
    let keyring = Keyring::create(&folder.keys()).unwrap();
    let stranger = Keyring::create(&folder.0.join("other")).unwrap();
    let index = keyring.blind("identity.number", "310101");
    assert_ne!(index, keyring.blind("identity.number", "310102"));
    assert_ne!(index, keyring.blind("contact.address", "310101"));
    assert_ne!(keyring.blind("a.b", "cd"), keyring.blind("a.bc", "d"));
    assert_ne!(index, stranger.blind("identity.number", "310101"));
    assert!(!format!("{keyring:?}").contains("wrap"));
}
