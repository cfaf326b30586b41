//! Threads that read or draw photos let those that answer requests go first (decision 137).

/// How nice they are, from 0 to 19. Not more: on a machine that is busy all day the least urgent
/// thread never runs, and decisions wait for it.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// Lowers the priority of the calling thread for good, once, and never raises it: the system runs
/// it with what the others leave. Where it cannot be told, it runs as all.
#[cfg(target_os = "linux")]
pub fn give_way() {
    thread_local! {
        static DONE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if DONE.replace(true) {
        return;
    }
    // Without a process named, Linux means the calling thread alone.
    let given_way = rustix::process::getpriority_process(None)
        .and_then(|now| rustix::process::setpriority_process(None, now.max(NICE)));
    if let Err(error) = given_way {
        tracing::warn!(%error, "work on photos has the same priority as what answers");
    }
}

/// Elsewhere niceness belongs to the whole process.
#[cfg(not(target_os = "linux"))]
pub const fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_gives_way_does_so_once_and_no_other_does() {
        let nice = || rustix::process::getpriority_process(None).expect("it can be asked");
        let own = nice();
        let theirs = std::thread::spawn(move || {
            give_way();
            give_way();
            nice()
        });
        assert_eq!(theirs.join().expect("it ends"), NICE.max(own));
        assert_eq!(nice(), own);
    }
}
