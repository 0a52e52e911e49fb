using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace TorchPort.Tests;

/// <summary>join-split-libraries.sh and the target that calls it, on small packages laid out like CUDA libtorch.</summary>
[SupportedOSPlatform("linux")]
public class JoinSplitLibrariesTests
{
    private const int FragmentSize = 500_000;
    private const string Join = "\"$@\"";
    private const string JoinReadOnly = """
        unshare --mount sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"' "$PACKAGES" "$@"
        """;

    private static readonly byte[] s_library = RandomNumberGenerator.GetBytes((12 * FragmentSize) - 1);
    private static readonly ProcessResult s_success = new(0, "", "");
    private readonly string _folder = TestProcess.CreateTempFolder("Jiwoo's 가중치 ");

    public JoinSplitLibrariesTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");
        Unpack("libx.so");
    }

    [Theory]
    [InlineData("umask 077; " + Join)]
    // Any user can lock /tmp, so a lock there would hang the build.
    [InlineData("flock /tmp " + Join)]
    public void Joined_library_is_complete_and_keeps_its_file_mode(string line)
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(Library("libx.so"), Mode);

        Assert.Equal(s_success, Run(line, "libx.so"));

        AssertThat("libx.so", isJoined: true);
        Assert.Equal(Mode, File.GetUnixFileMode(Library("libx.so")));
        var lockFile = Path.Combine(Path.GetDirectoryName(Library("libx.so"))!, ".joining");
        Assert.True(File.GetUnixFileMode(lockFile).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public void Stamped_library_is_not_hashed_again()
    {
        Assert.Equal(s_success, Run(Join, "libx.so"));
        File.WriteAllBytes(Library("libx.so"), new byte[s_library.Length]);
        Assert.Equal(s_success, Run(Join, "libx.so"));

        // A restore replaces the library by its first fragment, which has another size.
        Unpack("libx.so");
        Assert.Equal(s_success, Run(Join, "libx.so"));
        AssertThat("libx.so", isJoined: true);
    }

    [Theory]
    [InlineData("ulimit -f 1000; trap '' XFSZ; " + Join, "File too large")]
    [InlineData(JoinReadOnly, "Read-only file system")]
    public void Unwritable_library_gives_one_error_and_is_unchanged(string line, string reason)
    {
        var canMount = TestProcess.RunShell("unshare --mount true").ExitCode == 0;
        Assert.SkipUnless(canMount || line != JoinReadOnly, "only root can mount a folder read-only");
        Unpack("liby.so");

        const string Hint = "Free up space, make the folder writable or set NUGET_PACKAGES to another, and build again.";
        var error = $"{Library("libx.so")}: cannot join its fragments ({reason}). {Hint}\n";
        Assert.Equal(new ProcessResult(1, error, ""), Run(line, "libx.so", "liby.so"));
        AssertThat("libx.so", isJoined: false);
    }

    [Fact]
    public void Interrupted_join_leaves_no_partial_file()
    {
        File.Delete(Fragment("libx.so", 1));

        // Fragment 1 is a named pipe. It opens when the script reads it.
        var outcome = Run($"""
            mkfifo "{Fragment("libx.so", 1)}"
            "$@" &
            exec 3> "{Fragment("libx.so", 1)}"
            ls "{Path.GetDirectoryName(Library("libx.so"))}"
            kill $!
            exec 3>&-
            wait $!
            """, "libx.so");

        Assert.Equal(new ProcessResult(1, "libx.so\nlibx.so.joined\nlibx.so.sha\n", ""), outcome);
        AssertThat("libx.so", isJoined: false);
    }

    [Fact]
    public void Concurrent_first_builds_join_once_and_keep_stdout_clean()
    {
        string[] projects = ["one", "two"];
        var builds = projects.AsParallel().Select(project => Build(project, "libx.so")).ToArray();

        // stdout has only the requested property, the backend's name.
        Assert.All(builds, build => Assert.Equal(new ProcessResult(0, "cuda\n", ""), build));
        AssertThat("libx.so", isJoined: true);
    }

    [Fact]
    public void Each_corrupted_library_gives_one_error_and_is_unchanged()
    {
        Unpack("libgap.so");
        Unpack("libwrong.so");
        File.Delete(Fragment("libgap.so", 3));
        File.WriteAllText(Library("libwrong.so") + ".sha", new string('0', 64));

        var build = Build("one", "libgap.so", "libwrong.so", "libx.so");

        var error = $"a fragment is missing or corrupted. Delete the folders {In("packages")}";
        Assert.Equal((1, 2), (build.ExitCode, build.StderrLines.Length));
        Assert.Contains($"error : {Library("libgap.so")}: {error}/libgap.so-* and", build.Stderr, StringComparison.Ordinal);
        Assert.Contains($"error : {Library("libwrong.so")}: {error}/libwrong.so-* and", build.Stderr, StringComparison.Ordinal);
        AssertThat("libgap.so", isJoined: false);
        AssertThat("libwrong.so", isJoined: false);
        AssertThat("libx.so", isJoined: true);

        // With the fragments restored, the next build succeeds.
        Unpack("libgap.so");
        Assert.Equal(s_success, Run(Join, "libgap.so"));
        AssertThat("libgap.so", isJoined: true);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private string Library(string name) => In($"packages/{name}-primary/1.0.0/runtimes/linux-x64/native/{name}");

    private string Fragment(string name, int n) =>
        In($"packages/{name}-fragment{n}/1.0.0/fragments/linux-x64/native/{name}.fragment{n}");

    // Creates the packages of one library as NuGet restores them.
    private void Unpack(string library)
    {
        foreach (var (n, fragment) in s_library.Chunk(FragmentSize).Index())
        {
            var file = n == 0 ? Library(library) : Fragment(library, n);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, fragment);
        }

        File.WriteAllText(Library(library) + ".sha", Convert.ToHexStringLower(SHA256.HashData(s_library)));
    }

    // Runs a shell command in which "$@" joins the libraries.
    private ProcessResult Run(string line, params string[] libraries)
    {
        var script = Path.Combine(TestProcess.RepositoryRoot, "src/TorchPort/build/join-split-libraries.sh");
        string[] join = ["sh", script, In("stamp"), .. libraries.Select(Library)];
        return TestProcess.Run("sh", ["-c", line, "sh", .. join], ("PACKAGES", In("packages")));
    }

    // Builds a project with this repository's build files and a package that defines its own target FileRestitch.
    private ProcessResult Build(string project, params string[] libraries)
    {
        var obj = Directory.CreateDirectory(In($"{project}/obj/cuda"));
        File.WriteAllText(In($"{project}/{project}.csproj"), """<Project Sdk="Microsoft.NET.Sdk" />""");
        File.WriteAllText($"{obj}/{project}.csproj.package.targets", $"""
            <Project>
              <ItemGroup><NativeCopyLocalItems Include="{string.Join(';', libraries.Select(Library))}" /></ItemGroup>
              <Target Name="FileRestitch"><Error Text="the package's own target ran" /></Target>
            </Project>
            """);
        var file = $"{TestProcess.RepositoryRoot}/Directory.Build";
        string[] files = [$"-p:DirectoryBuildPropsPath={file}.props", $"-p:DirectoryBuildTargetsPath={file}.targets"];
        string[] question = ["-t:FileRestitch", "-getProperty:TorchBackend", "-p:TorchBackend=cuda"];
        return TestProcess.Run(TestProcess.DotNet, ["build", "--no-restore", In(project), .. files, .. question]);
    }

    // An unjoined library is unchanged: its first fragment and the others.
    private void AssertThat(string library, bool isJoined)
    {
        Assert.Equal(isJoined ? s_library : s_library[..FragmentSize], File.ReadAllBytes(Library(library)));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(Library(library))!, "lib*").Length);
        var fragments = Directory.GetFiles(In("packages"), $"{library}.fragment*", SearchOption.AllDirectories);
        Assert.Equal(isJoined, fragments.Length == 0);
    }
}
