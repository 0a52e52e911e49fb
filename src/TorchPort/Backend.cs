using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchPort;

/// <summary>The libtorch that this build carries or finds.</summary>
internal static partial class Backend
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>external</c>: the build's <c>-p:TorchBackend</c>.</summary>
    internal static string Name { get; } = GetMetadata("TorchBackend");

    /// <summary>The libtorch that TorchSharp was built for. <c>torch.__version__</c> would load libtorch.</summary>
    internal static string LibTorchVersion => GetMetadata("LibTorchVersion");

    internal static void Load()
    {
        _ = LoadOpenMP();
        var library = OperatingSystem.IsWindows() ? "LibTorchSharp.dll"
            : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";
        try
        {
            // TorchSharp would load it by itself, but where that fails it prints pages, on stdout.
            _ = NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, library));
        }
        catch (DllNotFoundException e)
        {
            throw new CommandFailedException($"libtorch will not load: {GetLoadError(e.Message.TrimEnd().Split('\n')[^1].Trim())}");
        }

        // At exit libtorch unregisters its operators one by one. That takes a third of the loading time, and the system frees
        // the memory anyway. Exit handlers run from the last to the first, so this one ends the process before libtorch's.
        if (OperatingSystem.IsLinux())
        {
            _ = OnExit(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "_exit"), 0);
        }
    }

    // On macOS libtorch asks for Homebrew's libomp.dylib, by its full path. The copy beside the program has the same install
    // name: once it is loaded, macOS looks no further.
    internal static bool LoadOpenMP() =>
        OperatingSystem.IsMacOS() && NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "libomp.dylib"), out _);

    /// <summary>What the loader said, and what to do about it, in two or three lines.</summary>
    internal static string GetLoadError(string loaderError)
    {
        // The loader reports a library that it may not read as missing.
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            try
            {
                File.OpenRead(file).Dispose();
            }
            catch (UnauthorizedAccessException)
            {
                var hint = $"As its owner, run: chmod -R a+rX '{AppContext.BaseDirectory}'";
                return $"{Environment.UserName} may not read {file}\n{hint}";
            }
        }

        (string[] Patterns, string Hint)[] hints =
        [
            (["version `GLIBC"], "It needs glibc 2.34 and GCC 12's libstdc++, or newer: use Debian 12, Ubuntu 22.04 or newer."),
            (["cannot allocate memory", "failed to map segment", "cannot map"],
                "There is not enough memory to load it: see ulimit -v, and the memory limit of the container."),
            (["libstdc++.so.6: cannot open"], "Install libstdc++: apt-get install libstdc++6"),
            (["libLibTorchSharp", "libtorch", "libc10", "libgomp"], MissingLibraryHint),
            ([".so"], $"Install the package of your system that provides {loaderError.Split(':')[0]}."),
            ([""], MissingLibraryHint),
        ];
        var match = hints.First(row => row.Patterns.Any(pattern => loaderError.Contains(pattern, StringComparison.OrdinalIgnoreCase)));
        return $"{loaderError}\n{match.Hint}";
    }

    internal static string MissingLibraryHint =>
        Name == "external"
            ? $"It was built for libtorch {LibTorchVersion}.\nPut its folder on LD_LIBRARY_PATH, or use run-on-pytorch.sh."
        : OperatingSystem.IsWindows()
            ? "Install the Visual C++ redistributable (x64), 14.40 or newer. If you have it, build or publish again."
        : OperatingSystem.IsMacOS() ? "Build or publish it again. If it lacks libomp.dylib: brew install libomp"
        : "Build it again, or publish it again, to put the library back beside the program.";

    private static string GetMetadata(string key) =>
        typeof(Backend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == key).Value!;

    // glibc: calls the function with the exit code and the argument.
    [LibraryImport("libc.so.6", EntryPoint = "on_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OnExit(nint function, nint argument);
}
