using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace TorchPort.Tests;

/// <summary>join-split-libraries.sh and the target that calls it, on small packages of the shape of libtorch for CUDA.</summary>
[SupportedOSPlatform("linux")]
public sealed class JoinSplitLibrariesTests : IDisposable
{
    private const int Pieces = 12;
    private const int PieceSize = 500_000;

    // The script's stdout is errors, and goes to stderr.
    private const string Join = """exec "$@" >&2""";

    private const string JoinReadOnly = """
        exec unshare --mount sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@" >&2' "$PACKAGES" "$@"
        """;

    private const string JoinInLittleSpace = $"ulimit -f 1000; trap '' XFSZ; {Join}";

    private static readonly string s_script = Path.Combine(Start.Repository, "src/TorchPort/build/join-split-libraries.sh");
    private static readonly byte[] s_whole = RandomNumberGenerator.GetBytes((Pieces * PieceSize) - 1);
    private static readonly Outcome s_fine = new(0, "", "");
    private static readonly string[] s_projects = ["one", "two"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("Jiwoo's 가중치 ");

    public JoinSplitLibrariesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_joined_library_is_whole_has_the_mode_of_its_first_piece_and_its_fragments_are_gone()
    {
        Unpack("libx.so");
        File.SetUnixFileMode(Library("libx.so"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Equal(s_fine, Run("umask 077; " + Join, "libx.so"));

        AssertJoined("libx.so");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.OtherRead, File.GetUnixFileMode(Library("libx.so")));
    }

    // A hung build, where the script shares no lock with others: any user can lock /tmp.
    [Fact]
    public void A_lock_of_another_program_is_no_hindrance()
    {
        Unpack("libx.so");

        Assert.Equal(s_fine, Run("""exec flock /tmp "$@" >&2""", "libx.so"));
        AssertJoined("libx.so");
    }

    [Fact]
    public void No_library_is_nothing_to_do() => Assert.Equal(s_fine, Run(Join));

    [Fact]
    public void A_library_is_read_once_for_a_stamp()
    {
        Unpack("libx.so");
        Assert.Equal(s_fine, Run(Join, "libx.so"));
        File.WriteAllBytes(Library("libx.so"), new byte[s_whole.Length]);

        Assert.Equal(s_fine, Run(Join, "libx.so"));

        File.Delete(In("stamp"));
        Assert.Equal(1, Run(Join, "libx.so").ExitCode);
    }

    [Fact]
    public void A_damaged_library_is_one_error_and_stays_as_it_came()
    {
        Unpack("libgap.so");
        Unpack("libwrong.so");
        Unpack("libx.so");
        File.Delete(Fragment("libgap.so", 3));
        File.WriteAllText(Library("libwrong.so") + ".sha", new string('0', 64));

        var outcome = Run(Join, "libgap.so", "libwrong.so", "libx.so");

        Assert.Equal((1, $"{Damaged("libgap.so")}\n{Damaged("libwrong.so")}\n"), (outcome.ExitCode, outcome.Stderr));
        AssertAsItCame("libgap.so");
        AssertAsItCame("libwrong.so");
        AssertJoined("libx.so");

        // The next build, the pieces as they should be, comes out right.
        Unpack("libgap.so");
        Assert.Equal(s_fine, Run(Join, "libgap.so"));
        AssertJoined("libgap.so");
    }

    [Theory]
    [InlineData(JoinInLittleSpace, "File too large")]
    [InlineData(JoinReadOnly, "Read-only file system")]
    public void A_library_that_cannot_be_written_is_one_error_and_stays_as_it_came(string line, string why)
    {
        var isRoot = Start.Shell("unshare --mount true").ExitCode == 0;
        Assert.SkipWhen(line == JoinReadOnly && !isRoot, "only root can mount a folder read-only");
        Unpack("libx.so");
        Unpack("liby.so");

        var outcome = Run(line, "libx.so", "liby.so");

        outcome.Refused(1, $"{Library("libx.so")}: its pieces cannot be joined ({why}). Make room, ", lines: 1);
        AssertAsItCame("libx.so");
    }

    [Fact]
    public void A_join_that_is_ended_leaves_nothing_half_written()
    {
        Unpack("libx.so");
        File.Delete(Fragment("libx.so", 1));

        // Fragment 1 is a pipe: that it opens tells that the script is joining.
        var outcome = Run($"""
            mkfifo "{Fragment("libx.so", 1)}"
            "$@" &
            exec 3> "{Fragment("libx.so", 1)}"
            ls "{Path.GetDirectoryName(Library("libx.so"))}"
            kill $!
            exec 3>&-
            wait $!
            """, "libx.so");

        Assert.Equal(new Outcome(1, "libx.so\nlibx.so.joined\nlibx.so.sha\n", ""), outcome);
        AssertAsItCame("libx.so");
    }

    [Fact]
    public void Two_first_builds_at_once_join_a_library_and_write_nothing_to_stdout()
    {
        Unpack("libx.so");

        var builds = s_projects.AsParallel().Select(project => Build(project, "libx.so")).ToArray();

        // The name of the backend is what was asked for, and no more.
        Assert.All(builds, build => Assert.Equal(new Outcome(0, "cuda\n", ""), build));
        AssertJoined("libx.so");
    }

    [Fact]
    public void Each_damaged_library_is_one_build_error()
    {
        Unpack("libx.so");
        Unpack("liby.so");
        File.Delete(Fragment("libx.so", 1));
        File.Delete(Fragment("liby.so", 2));

        var build = Build("one", "libx.so", "liby.so");

        Assert.Equal((1, 2), (build.ExitCode, build.Errors.Length));
        Assert.Contains("error : " + Damaged("libx.so"), build.Errors[0], StringComparison.Ordinal);
        Assert.Contains("error : " + Damaged("liby.so"), build.Errors[1], StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private string Library(string name) => In($"packages/{name}-primary/1.0.0/runtimes/linux-x64/native/{name}");

    private string Fragment(string name, int n) =>
        In($"packages/{name}-fragment{n}/1.0.0/fragments/linux-x64/native/{name}.fragment{n}");

    private string Damaged(string library) =>
        $"{Library(library)}: a piece of this library is missing or damaged. "
        + $"Delete the folders {In("packages")}/{library}-*, and build again.";

    // Runs a line of shell, in which "$@" joins the libraries.
    private Outcome Run(string line, params string[] libraries)
    {
        string[] join = ["sh", s_script, In("stamp"), .. libraries.Select(Library)];
        return Start.Program("sh", ["-c", line, "sh", .. join], ("PACKAGES", In("packages")));
    }

    private void AssertJoined(string library)
    {
        Assert.Equal(s_whole, File.ReadAllBytes(Library(library)));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(Library(library))!, "lib*").Length);
        Assert.Empty(Directory.GetFiles(In("packages"), library + ".fragment*", SearchOption.AllDirectories));
    }

    private void AssertAsItCame(string library)
    {
        Assert.Equal(s_whole[..PieceSize], File.ReadAllBytes(Library(library)));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(Library(library))!, "lib*").Length);
        Assert.True(File.Exists(Fragment(library, Pieces - 1)));
    }

    // The packages of one library, as they lie after a restore.
    private void Unpack(string library)
    {
        var pieces = s_whole.Chunk(PieceSize).ToArray();
        Write(Library(library), pieces[0]);
        Write(Library(library) + ".sha", Convert.ToHexStringLower(SHA256.HashData(s_whole)));
        for (var n = 1; n < Pieces; n++)
        {
            Write(Fragment(library, n), pieces[n]);
        }
    }

    // Builds a project with the repository's own build files, where a package brings a FileRestitch of its own.
    private Outcome Build(string project, params string[] libraries)
    {
        Write(In($"{project}/{project}.csproj"), """<Project Sdk="Microsoft.NET.Sdk" />""");
        Write(In($"{project}/obj/cuda/{project}.csproj.package.targets"), $"""
            <Project>
              <ItemGroup><NativeCopyLocalItems Include="{string.Join(';', libraries.Select(Library))}" /></ItemGroup>
              <Target Name="FileRestitch"><Error Text="the package's own target ran" /></Target>
            </Project>
            """);
        string[] options =
        [
            "-p:TorchBackend=cuda",
            $"-p:DirectoryBuildPropsPath={Start.Repository}/Directory.Build.props",
            $"-p:DirectoryBuildTargetsPath={Start.Repository}/Directory.Build.targets",
        ];
        string[] question = ["-t:FileRestitch", "-getProperty:TorchBackend"];
        return Start.Program("dotnet", ["build", "--no-restore", In(project), .. question, .. options]);
    }

    private static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
