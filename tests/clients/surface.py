"""What of a library was used: every public name of it is either called by a script, or stands in a table with the reason why not."""

import functools


class Surface:
    def __init__(self, library, names, not_applicable):
        self.library, self.names, self.not_applicable = library, set(names), not_applicable
        self.used = set()
        self.depth = 0

    def watch(self, owner):
        """Notes the public methods of a class that scripts call and that return; not what these call among themselves."""
        for name in self.names:
            setattr(owner, name, self._noting(name, getattr(owner, name), isinstance(owner.__dict__.get(name), staticmethod)))

    def _noting(self, name, method, is_static):
        # The library reads the types of its answers off the signatures of its methods.
        @functools.wraps(method)
        def noting(*arguments, **options):
            self.depth += 1
            try:
                answer = method(*arguments, **options)
            finally:
                self.depth -= 1
            if self.depth == 0:
                self.used.add(name)
            return answer

        return staticmethod(noting) if is_static else noting

    def end(self, day):
        """Prints the table, and fails the day where it has holes."""
        with day.step("the whole library is used, or it is said why not"):
            for name in sorted(self.names):
                print(f"     {self.library} {name}: {'passed' if name in self.used else self.not_applicable.get(name, 'NOT CALLED')}")
            called, excused = self.used & self.names, self.not_applicable.keys() - self.used
            print(f"     {self.library}: {len(self.names)} public, {len(called)} passed, {len(excused)} not applicable")
            missing = sorted(self.names - self.used - self.not_applicable.keys())
            assert not missing, f"neither called nor excused: {missing}"
            stale = sorted((self.not_applicable.keys() - self.names) | (self.not_applicable.keys() & self.used))
            assert not stale, f"excused for nothing: {stale}"
